/**
 * BatchStore: where batches and turns live until they are settled.
 *
 *   append → open → seal → turn → begin → record… → settle → answered | failed
 *                     human: what stands before is answered, the rest is held
 *
 * Every operation is atomic, decided by the store's own clock, idempotent by message id or by
 * (batch, attempt, epoch) – but for `spend`, which adds again – and leaves no half effect when it
 * throws. A timeout means *unknown*: call again with the same arguments.
 *
 * The words of a turn are in `store-turn.ts`, those of holds and humans in `store-holds.ts`, those of
 * aliases in `store-alias.ts`, those of damage in `store-examine.ts`, those of backups in
 * `store-backup.ts`, those of roles in `store-roles.ts`. Whatever is asked of an alias is done to the conversation it leads to; only turns
 * are called by the conversation that they were sealed in.
 *
 * Two engines implement it (Redis, SQLite); the oracle of the tests is `reduce` in memory.
 * All times are ms, all waits are relative to the store's clock.
 */
import type { Finding } from '../finding.ts'
import type { BatchId, ConversationKey, Part } from '../message.ts'
import type { Service } from '../service.ts'
import type { Link, LinkResult } from './store-alias.ts'
import type { BackupStore } from './store-backup.ts'
import type { Adoption, Damage, Examination, Subject } from './store-examine.ts'
import type {
  HoldView,
  HumanAct,
  HumanResult,
  PastEntry,
  Retime,
  RetimeResult,
} from './store-holds.ts'
import type { StoreLoad } from './store-load.ts'
import type { LiveRole, RoleBeat, StoreIdentity } from './store-roles.ts'
import type {
  Arrival,
  BeginResult,
  PartState,
  ReclaimResult,
  RecordResult,
  SealResult,
  Settlement,
  SettleResult,
  Step,
} from './store-turn.ts'

/** One message as the store sees it: an id, opaque bytes, and how long to wait after it. */
export interface NewMessage {
  /** 11 characters, see `message-id.ts`; unique in its conversation within `dedupeMs`. */
  readonly idHash: string
  /** The element of `rapid-fire:<c>`, JSON; the store never looks inside. */
  readonly payload: string
  /** Silence after it until the batch is due; 0 = at once. */
  readonly idleMs: number
  /** Reactions and stickers: a batch of these alone becomes no turn. */
  readonly quiet: boolean
  /** A photo or a video: behind another one of the same batch it does not count for `maxSize`. */
  readonly album?: boolean
}

export interface Limits {
  readonly ageMs: number
  readonly maxSize: number
  readonly dedupeMs: number
}

export interface Append {
  readonly conversation: ConversationKey
  readonly messages: readonly NewMessage[]
  readonly limits: Limits
  /** Id for the batch that this call opens, when it opens one. Made before the first try. */
  readonly newBatchId: BatchId
}

export type AppendResult =
  | {
      readonly outcome: 'appended'
      /** The one that the messages are in: another one where the address is an alias. */
      readonly conversation: ConversationKey
      /** The open batch; null when all were duplicates and nothing is open. */
      readonly batchId: BatchId | null
      readonly added: number
      readonly duplicates: number
      readonly size: number
    }
  /** `maxPending` batches are not answered yet, and this conversation has no open one. */
  | { readonly outcome: 'full' }

/**
 * Messages that are kept as failed without ever being answered unasked: too old, or a copy of an
 * element that nobody can read.
 */
export interface SetAside {
  readonly conversation: ConversationKey
  readonly messages: readonly { idHash: string; payload: string }[]
  readonly reason: AsideReason
  readonly dedupeMs: number
  readonly newBatchId: BatchId
}

export type AsideReason = 'late' | 'stale' | 'unreadable'

export interface SetAsideResult {
  /** The one entry of this conversation and reason; null when all were duplicates. */
  readonly batchId: BatchId | null
  readonly added: number
  readonly duplicates: number
}

export interface DueConversation {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  readonly dueAt: number
}

export interface Due {
  readonly now: number
  /** Open batches to seal, earliest first, at most `limit`. */
  readonly open: readonly DueConversation[]
  /** Turns to hand over again, earliest first, at most `limit`. */
  readonly turns: readonly BatchId[]
  /** Open batches due within `soonMs`, at most 100: for the log alone. */
  readonly soon: readonly DueConversation[]
  /** When something more is due: after `now`, or `now` itself when a page was full; null = nothing. */
  readonly nextAt: number | null
}

export interface SealRequest {
  readonly conversation: ConversationKey
  /** The open batch as `due` named it; another one there now is not sealed. */
  readonly batchId: BatchId
  /** Id for what `maxSize` leaves over. */
  readonly restId: BatchId
}

export type Amend = (
  | /** Replace the bytes of an element; `before` must be its present bytes. */
  { readonly kind: 'edit'; readonly before: string; readonly after: string }
  | { readonly kind: 'revoke'; readonly before: string }
) & {
  /** An id that is known from then on, as if a message had come with it; null = none. */
  readonly remember: { readonly idHash: string; readonly dedupeMs: number } | null
}

/** changed: these bytes are not (any more) in the open batch; read it again. */
export type AmendResult = { readonly outcome: 'done' | 'changed' }

export interface OpenBatchView {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  readonly size: number
  readonly firstAt: number
  readonly lastAt: number
  /** When it will be sealed if nothing else happens; null while a turn runs or without end held. */
  readonly dueAt: number | null
  /** True for a turn that is sealed and waits for the queue to take it. */
  readonly sealed: boolean
}

export interface BatchView {
  readonly batchId: BatchId
  readonly conversation: ConversationKey
  readonly state: 'sealed' | 'queued' | 'running' | 'waiting' | 'answered' | 'failed'
  readonly size: number
  readonly firstAt: number
  readonly lastAt: number
  readonly sealedAt: number
  readonly settledAt: number | null
  readonly attempt: number
  readonly retries: number
  readonly reason: string | null
  readonly draft: readonly Part[] | null
  readonly parts: readonly PartState[]
  /** Where the messages beyond `maxSize` went when this one was sealed. */
  readonly restId: BatchId | null
}

export interface ConversationView {
  readonly open: OpenBatchView | null
  readonly payloads: readonly string[]
  readonly turnId: BatchId | null
  readonly turnPayloads: readonly string[]
  /** Null when nothing is held. */
  readonly hold: HoldView | null
}

/** The counts of P17, in messages: accepted = answered + failed + discarded + revoked + open. */
export interface Counts {
  readonly accepted: number
  readonly duplicates: number
  readonly answered: number
  readonly failed: number
  readonly discarded: number
  readonly revoked: number
  readonly open: number
}

/** A turn as the queue has it. */
export interface HandedOver {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  readonly attempt: number
}

export interface BatchStore extends Service {
  readonly backup: BackupStore
  /**
   * What this consists of, in an order that stays: stores that share nothing, so that one may be away
   * while the others are not. Itself alone where it is one piece.
   */
  readonly parts: readonly BatchStore[]
  /** The index in `parts` of where a conversation is, while it is no alias. */
  partOf(conversation: ConversationKey): number

  identity(): StoreIdentity
  /** Throws `store_away`, `store_full` or `store_rights` unless the store takes a write now. */
  ping(): Promise<void>

  append(append: Append): Promise<AppendResult>
  setAside(aside: SetAside): Promise<SetAsideResult>
  due(ask: { limit: number; soonMs: number }): Promise<Due>
  /** Seals what is due, each on its own: one that fails is an Error in its place. */
  seal(due: readonly SealRequest[]): Promise<readonly (SealResult | Error)[]>
  /** Takes a turn whose time to look again has come, for another handover. */
  reclaim(batchId: BatchId): Promise<ReclaimResult>
  /**
   * Confirms that the queue has these turns. One that cannot be read may keep the others from being
   * confirmed: they are handed over once more, and the queue drops the double.
   */
  queued(turns: readonly HandedOver[]): Promise<void>
  begin(turn: HandedOver): Promise<BeginResult>
  record(
    batchId: BatchId,
    epoch: number,
    step: Step,
    conversation: ConversationKey,
  ): Promise<RecordResult>
  settle(
    turn: { conversation: ConversationKey; batchId: BatchId; epoch: number },
    settlement: Settlement,
  ): Promise<SettleResult>
  /**
   * The answer that came from elsewhere, as the draft; the first one stands. already: there is a
   * draft. gone: no such turn is in flight.
   */
  answer(batchId: BatchId, parts: readonly Part[]): Promise<'done' | 'already' | 'gone'>
  human(act: HumanAct): Promise<HumanResult>
  retime(conversation: ConversationKey, retime: Retime): Promise<RetimeResult>
  amend(conversation: ConversationKey, amend: Amend): Promise<AmendResult>
  /** Drops the open batch; a turn in flight goes on. Answers how many messages were dropped. */
  discardOpen(conversation: ConversationKey): Promise<number>
  /** Drops a failed batch. False when there is none of this id. */
  discardFailed(batchId: BatchId): Promise<boolean>
  /**
   * A failed batch becomes a turn again, at its first unsent part. busy: a turn is in flight. held:
   * the conversation is, and the bot would speak into it. That of an alias becomes a turn of the
   * conversation it leads to.
   */
  retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'>
  /**
   * A part of an answered batch did not arrive, as its provider says later: the batch is failed with
   * this reason, and a retry sends from that part on. Its place in the history stays. busy: it is a
   * turn in flight. gone: it is not known, has no such part, or the bot did not answer it.
   */
  bounce(batchId: BatchId, part: number, reason: string): Promise<'done' | 'gone' | 'busy'>
  /**
   * A part that was on the wire is sent, as its provider says, whoever has the turn: nobody sends it
   * again. gone: it is not on the wire, or has been started anew since.
   */
  arrive(arrival: Arrival): Promise<'done' | 'gone'>
  /** Where each of these leads: itself when it is no alias. */
  resolve(conversations: readonly ConversationKey[]): Promise<readonly ConversationKey[]>
  /** Makes one conversation an alias of another one, which gets all that waits there. */
  link(link: Link): Promise<LinkResult>

  /** Open batches and turns that no queue has taken: exact count, one page of them. */
  pending(page: {
    offset: number
    limit: number
  }): Promise<{ count: number; batches: readonly OpenBatchView[] }>
  failed(page: {
    offset: number
    limit: number
  }): Promise<{ count: number; batches: readonly BatchView[] }>
  batch(batchId: BatchId): Promise<BatchView | null>
  conversation(conversation: ConversationKey): Promise<ConversationView>
  /** Size and last message of open batches, in one go; null where none is open. */
  sizes(
    conversations: readonly ConversationKey[],
  ): Promise<readonly ({ batchId: BatchId; size: number; lastAt: number } | null)[]>
  counts(): Promise<Counts>
  load(): Promise<StoreLoad>
  /** Which of these ids were seen within `dedupeMs`. */
  known(
    conversation: ConversationKey,
    idHashes: readonly string[],
    dedupeMs: number,
  ): Promise<readonly boolean[]>
  /** Which of these hashes are of something that we sent, see `Mark`. */
  marked(conversation: ConversationKey, hashes: readonly string[]): Promise<readonly boolean[]>
  holds(page: {
    offset: number
    limit: number
  }): Promise<{ count: number; holds: readonly HoldView[] }>
  /** The last turns and what humans said, oldest first, as far as `StoreTimes` keeps them. */
  history(conversation: ConversationKey): Promise<readonly PastEntry[]>
  /** Adds to what an account spent today (UTC, by the store's clock) and answers the sum. */
  spend(account: string, amount: number): Promise<number>

  /** Says that a role is alive; answers those that said so within `freshMs`. */
  beat(mine: RoleBeat | null, freshMs: number): Promise<readonly LiveRole[]>
  /** A role leaves. */
  leave(mine: RoleBeat): Promise<void>
  /**
   * Calls back when a deadline came nearer than a processor may be sleeping; resolves when that is
   * so, with the way to end it.
   */
  onWake(listener: () => void): Promise<() => void>
  /** Gives lists without a deadline one, as the original's API leaves them; answers what was wrong. */
  adopt(adoption: Adoption): Promise<readonly Damage[]>
  /**
   * Looks for damage, one page from `cursor` on; null begins. It changes nothing, and each is judged
   * in one operation, so what a running system is in the middle of is none.
   */
  examine(cursor: string | null, adoption: Adoption): Promise<Examination>
  /** What is wrong or risky with its server now; `identity` tells it from then on. */
  judge(): Promise<readonly Finding[]>
  /** Mends what is wrong there now, in one operation; answers what was. */
  repair(subject: Subject, adoption: Adoption): Promise<readonly Damage[]>
}

/** Waits that the store itself applies; see `config`. */
export interface StoreTimes {
  /** A processor that sealed has this long to hand over. */
  readonly handoverMs: number
  /** The queue has this long before a job is handed over again that it may have lost. */
  readonly queuedMs: number
  /** A worker's lease; renewed by `begin` and each `record`. */
  readonly leaseMs: number
  /** Starts without a settle after which a batch is poison. */
  readonly maxStarts: number
  /** Answered batches are kept this long; 0 = not at all. */
  readonly retentionMs: number
  /** Turns of a conversation that are told again, and how old they may be; 0 = none. */
  readonly historyTurns: number
  readonly historyMs: number
  /** A deadline nearer than this wakes the processors. */
  readonly wakeMs: number
  /** Batches that are open or on their way to an answer, at which new ones are refused. */
  readonly maxPending: number
  /** No open batch is honestly due later than this: the greatest age limit in force. */
  readonly openHorizonMs: number
  /** No turn is honestly looked at later than this: the longest lease or backoff. */
  readonly turnHorizonMs: number
}
