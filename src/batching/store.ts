/**
 * BatchStore: where batches and turns live until they are settled.
 *
 *   append → open → seal → turn → begin → record… → settle → answered | failed
 *                     human: what stands before is answered, the rest is held
 *
 * Every operation is atomic, decided by the store's own clock, idempotent by message id or by
 * (batch, attempt, epoch) – but for `spend`, which adds again – and leaves no half effect when it throws. A timeout means *unknown*:
 * call again with the same arguments.
 *
 * Two engines implement it (Redis, SQLite); the oracle of the tests is `reduce` in memory.
 * All times are ms, all waits are relative to the store's clock.
 */
import type { BatchId, ConversationKey, Part, SealCause } from '../message.ts'
import type { Service } from '../service.ts'

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
      /** The open batch; null when all were duplicates and nothing is open. */
      readonly batchId: BatchId | null
      readonly added: number
      readonly duplicates: number
      readonly size: number
    }
  /** `maxPending` is reached and this conversation has no open batch. */
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

/** A turn as it goes on the queue. */
export interface SealedTurn {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  /** 1 for the first handover, n for the n-th; the job id is made of both. */
  readonly attempt: number
  readonly payloads: readonly string[]
  readonly cause: SealCause
  readonly firstAt: number
  readonly lastAt: number
  /** When the batch was due; `sealedAt - dueAt` is how late the seal came. */
  readonly dueAt: number
  readonly sealedAt: number
  /** Other turns of the same tenant in flight, for the queue's priority. */
  readonly inFlight: number
}

export type SealResult =
  | { readonly outcome: 'sealed'; readonly turn: SealedTurn }
  /** Only reactions and stickers: settled as answered, nobody is asked. */
  | { readonly outcome: 'quiet'; readonly batchId: BatchId; readonly size: number }
  /** Another processor was faster, or the conversation is busy, held, or not due. */
  | { readonly outcome: 'none' | 'busy' | 'held' | 'early' }

export type ReclaimResult =
  | { readonly outcome: 'reclaimed'; readonly turn: SealedTurn }
  | { readonly outcome: 'early' | 'gone' }

export type PartState =
  | { readonly state: 'waiting' }
  /** Was being sent when its worker died: it may or may not have reached the person. */
  | { readonly state: 'sending' }
  | { readonly state: 'sent'; readonly providerId: string }
  /** Was in the air when its worker died, and is not sent again. */
  | { readonly state: 'skipped' }

export type BeginResult =
  | {
      readonly outcome: 'go'
      /** Raised by each start; all later calls carry it. */
      readonly epoch: number
      readonly payloads: readonly string[]
      /** The answer as an earlier start fixed it, else null. */
      readonly draft: readonly Part[] | null
      /** State of each part of the draft. */
      readonly parts: readonly PartState[]
      /** How often its messages were taken back because another one came. */
      readonly interrupts: number
      /** Retries so far; decides the next backoff. */
      readonly retries: number
      /** Starts without a settle, this one included: several mean that it may kill its worker. */
      readonly starts: number
      readonly firstAt: number
      readonly lastAt: number
    }
  /** running: a start is alive. stale: a newer attempt exists. gone: settled. poison: now failed. */
  | { readonly outcome: 'running' | 'stale' | 'gone' | 'poison' }

/**
 * What a message of ours is known by when the provider tells us of it: a hash of its text or of the
 * provider's id, remembered for `forMs`.
 */
export interface Mark {
  readonly hash: string
  readonly forMs: number
}

export type Step =
  /** Fix the answer; the first draft stands, whoever wrote it. */
  | {
      readonly kind: 'draft'
      readonly parts: readonly Part[]
      /** The person's words where the messages do not have them, as of a voice message; for the history. */
      readonly heard: string | null
    }
  /** Ask to send part `index`. With `unlessNewer` a message that waits interrupts the first part. */
  | {
      readonly kind: 'start'
      readonly index: number
      readonly unlessNewer: boolean
      readonly mark: Mark | null
    }
  | {
      readonly kind: 'sent'
      readonly index: number
      readonly providerId: string
      readonly mark: Mark | null
    }
  /** Part `index` may have reached the person, and is not tried again. */
  | { readonly kind: 'skip'; readonly index: number }
  /** Part `index` surely was not taken: nobody was there to take it. */
  | { readonly kind: 'unsent'; readonly index: number }
  /**
   * Ask to say sorry; once a batch, so a second one is answered `sent`, as it is where an answer came
   * from elsewhere meanwhile and `answerless` says that this start has none.
   */
  | { readonly kind: 'apologise'; readonly mark: Mark | null; readonly answerless: boolean }
  /** Still alive: renews the lease. */
  | { readonly kind: 'alive'; readonly unlessNewer: boolean }

export type RecordResult =
  | { readonly outcome: 'drafted'; readonly parts: readonly Part[] }
  /** Send it. `uncertain`: an earlier start died while sending it. */
  | { readonly outcome: 'go'; readonly uncertain: boolean }
  | { readonly outcome: 'sent' | 'ok' | 'interrupted' }
  /** Another start has the turn, or it is settled: stop, send nothing. */
  | { readonly outcome: 'fenced' }

export type Settlement =
  | { readonly kind: 'answered' }
  /**
   * With `answerless` this start got no answer: where one came from elsewhere meanwhile, the turn
   * goes on with that at once, whatever was asked.
   */
  | { readonly kind: 'failed'; readonly reason: string; readonly answerless: boolean }
  /** Again after `afterMs`, but failed for good with `reason` when `maxRetries` are spent. */
  | {
      readonly kind: 'retry'
      readonly afterMs: number
      readonly maxRetries: number
      readonly reason: string
      readonly answerless: boolean
    }
  /** As it is to the next worker after `afterMs`; costs no try, and this start never was. */
  | { readonly kind: 'giveBack'; readonly afterMs: number }
  /** The answer comes from elsewhere (see `answer`), or after `forMs` it is tried again. */
  | {
      readonly kind: 'park'
      readonly forMs: number
      /** As in a draft. */
      readonly heard: string | null
    }
  /** Back to the head of the open batch; nothing of it may have been sent. */
  | { readonly kind: 'reopen'; readonly newBatchId: BatchId; readonly idleMs: number }

export type SettleResult =
  | { readonly outcome: 'answered' | 'failed' | 'waiting' | 'reopened' }
  /** The same settlement came before (its answer was lost on the way). */
  | { readonly outcome: 'already' }
  /** Another start has the turn. */
  | { readonly outcome: 'fenced' }
  /** No longer known. */
  | { readonly outcome: 'gone' }

export type Retime =
  /** A typing or recording signal: the idle wait starts again, never past the age limit. */
  | { readonly kind: 'typing'; readonly idleMs: number }
  | { readonly kind: 'flush' }
  /**
   * No seal for `forMs`; null = until released. With `atLeast` a longer hold stands. `stopped` has no
   * end and lies above all others: when it is released, the one below it holds on.
   */
  | {
      readonly kind: 'hold'
      readonly forMs: number | null
      readonly why: HoldReason
      readonly atLeast: boolean
    }
  /** `only`: not a hold for another reason. */
  | { readonly kind: 'release'; readonly only: HoldReason | null }

/** human: somebody answers past the bot. paused: by hand or word. stopped: the person opted out. */
export type HoldReason = 'human' | 'paused' | 'stopped'

/**
 * Somebody steps in past the bot. What stands before is answered by that, the answer in the making
 * is fenced, and the conversation is held.
 *
 * The caller read the conversation to tell what was written before; so it names what it read, and is
 * told `changed` when that is not so any more.
 */
export interface HumanAct {
  readonly conversation: ConversationKey
  /** The message that says so; null for an operator or a word of the person, which are no own message. */
  readonly said: {
    readonly idHash: string
    /** Hashes by which it may be known as ours. */
    readonly marks: readonly string[]
    /** Kept for the history; null = nothing to tell, as of a word that only pauses. */
    readonly payload: string | null
    readonly entryId: string
    readonly dedupeMs: number
  } | null
  /** The turn in flight as it was read, and what becomes of it: a touched one is never reopened. */
  readonly turn: {
    readonly batchId: BatchId
    readonly end: 'answered' | 'reopened' | 'kept'
  } | null
  /** The open batch as it was read. */
  readonly open: BatchId | null
  /**
   * Messages from the head of what is open then, those of a reopened turn included, to settle; none
   * while a turn is kept.
   */
  readonly answered: number
  /** Id for what is left of the open batch, and for the one that a reopened turn opens. */
  readonly restId: BatchId
  readonly newBatchId: BatchId
  /** A release is a word alone: it goes with a turn that is kept and settles nothing. */
  readonly hold: Extract<Retime, { kind: 'hold' | 'release' }>
}

export type HumanResult =
  /** duplicate: this message was told before. ours: it is one of the bot's own. */
  | { readonly outcome: 'duplicate' | 'ours' | 'changed' }
  | {
      readonly outcome: 'done'
      /** The turn that was taken from its worker; null when none was in flight. */
      readonly turnId: BatchId | null
      /** Messages settled as answered by a human, those of the turn included. */
      readonly answered: number
      /** Null = until released. */
      readonly heldUntil: number | null
    }

export interface HoldView {
  readonly conversation: ConversationKey
  readonly why: HoldReason
  /** Null = until released. */
  readonly until: number | null
}

/** One entry of the past of a conversation. */
export type PastEntry =
  | {
      readonly kind: 'turn'
      readonly at: number
      readonly payloads: readonly string[]
      /** What the person said, where it was written down with the draft. */
      readonly heard: string | null
      /** What was sent of the answer. */
      readonly sent: readonly Part[]
    }
  | { readonly kind: 'human'; readonly at: number; readonly payload: string }

export type RetimeResult =
  | { readonly outcome: 'done'; readonly batchId: BatchId | null; readonly dueAt: number | null }
  /** Nothing is open (typing, flush) or nothing was held (release). */
  | { readonly outcome: 'none' }

export type Amend =
  /** Replace the bytes of an element; `before` must be its present bytes. */
  | { readonly kind: 'edit'; readonly before: string; readonly after: string }
  | { readonly kind: 'revoke'; readonly before: string }

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

export interface RoleBeat {
  readonly role: 'api' | 'processor' | 'worker'
  /** Random, one a process and role. */
  readonly instance: string
  readonly host: string
  readonly pid: number
  readonly version: string
  /** Digest of the settings that must agree between roles. */
  readonly digest: string
}
export interface LiveRole extends RoleBeat {
  readonly ageMs: number
}

export type Survives = 'process' | 'host' | 'unknown'

export interface StoreIdentity {
  readonly engine: 'redis' | 'sqlite' | 'memory'
  /** For people: `redis 127.0.0.1:6379/0` or the file. Never a password. */
  readonly place: string
  /** Random id, made when the store was first used. */
  readonly id: string
  /** Which deaths an acknowledged write survives, worst first named last. */
  readonly survives: readonly Survives[]
}

export interface BatchStore extends Service {
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
  /** Confirms that the queue has the turn. */
  queued(turns: readonly { batchId: BatchId; attempt: number }[]): Promise<void>
  begin(turn: {
    conversation: ConversationKey
    batchId: BatchId
    attempt: number
  }): Promise<BeginResult>
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
   * the conversation is, and the bot would speak into it.
   */
  retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'>

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
  /** Which of these ids were seen within `dedupeMs`. */
  known(
    conversation: ConversationKey,
    idHashes: readonly string[],
    dedupeMs: number,
  ): Promise<readonly boolean[]>
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
  /** Gives lists without a deadline one, as the original's API leaves them; answers how many. */
  adopt(limits: Limits & { idleMs: number }): Promise<number>
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
  /** Open batches at which new conversations are refused. */
  readonly maxPending: number
  /** No open batch is honestly due later than this: the greatest age limit in force. */
  readonly openHorizonMs: number
  /** No turn is honestly looked at later than this: the longest lease or backoff. */
  readonly turnHorizonMs: number
}
