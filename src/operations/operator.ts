/**
 * What an operator may see and do. `StoreOperator` does it on the store; the command line talks to
 * a running service over HTTP when one is alive, through the same interface.
 */
import type { BatchView, Counts } from '../batching/store.ts'
import type { Restored } from '../batching/store-backup.ts'
import type { Damage, Subject } from '../batching/store-examine.ts'
import type { HoldReason } from '../batching/store-holds.ts'
import type { LiveRole, StorePlace } from '../batching/store-roles.ts'
import type { Finding } from '../finding.ts'
import type { BatchId } from '../message.ts'
import type { Line, Piece } from './backup/format.ts'
import type { SpokenLine } from './conversation-now.ts'

/**
 * A conversation as people name it: any spelling of the phone, or the address on a channel that knows
 * no phones; the tenant and the channel where they are not the default ones.
 */
export interface Who {
  readonly phone: string
  readonly companyId?: string
  readonly channel?: string
}

export interface PendingBatch {
  readonly phone: string
  readonly companyId: string
  readonly channel: string
  readonly batchId: BatchId
  readonly size: number
  /** Ms since the last message. */
  readonly lastMessageAge: number
  /** Ms until it is sealed; null while a turn runs or a hold lasts. */
  readonly dueInMs: number | null
}

export interface Stats {
  /** Exact. */
  readonly pendingBatches: number
  /** One page. */
  readonly batches: readonly PendingBatch[]
  readonly counts: Counts
}

/** A batch by its id: still open, or what became of it. */
export type BatchStatus =
  | ({ readonly state: 'open' } & PendingBatch)
  | (Omit<BatchView, 'conversation' | 'draft'> & {
      readonly phone: string
      readonly companyId: string
      readonly channel: string
      /** The texts of the answer; a reaction is its emoji. */
      readonly draft: readonly string[] | null
    })

export interface Page {
  readonly offset: number
  readonly limit: number
}

export interface Held {
  readonly phone: string
  readonly companyId: string
  readonly channel: string
  readonly why: HoldReason
  /** Ms until it ends by itself; null = until released. */
  readonly endsInMs: number | null
}

/** What was said in a conversation, as far as it is kept, and what waits there. */
export interface ConversationNow {
  readonly phone: string
  readonly companyId: string
  readonly channel: string
  /** By what answers leave to the person; null: they are shown where the service runs. */
  readonly leavesBy: string | null
  /** The last ones, in the order of question and answer. */
  readonly lines: readonly SpokenLine[]
  /** The turn that is being answered. */
  readonly turn: BatchId | null
  readonly open: PendingBatch | null
  readonly held: Pick<Held, 'why' | 'endsInMs'> | null
  /** By the store's clock, ms. */
  readonly now: number
}

/** Damage, with whom it concerns as people name them; null where it is nobody's. */
export interface DamageOf extends Damage {
  readonly who: {
    readonly phone: string
    readonly companyId: string
    readonly channel: string
  } | null
}

export interface Examined {
  readonly damages: readonly DamageOf[]
  readonly examined: number
  /** Where to go on; null when all was looked at. */
  readonly next: string | null
}

/** Who is at work on the store, and what waits on the queue for the workers. */
export interface AtWork {
  readonly live: readonly LiveRole[]
  readonly store: StorePlace
  /** Null where nobody can say. */
  readonly queue: {
    readonly name: string
    readonly waiting: number
    readonly active: number
  } | null
}

export interface Operator {
  atWork(): Promise<AtWork>
  /** Looks for damage, one page from `cursor` on; null begins. Changes nothing. */
  examine(cursor: string | null): Promise<Examined>
  /** What is wrong or risky with the server of the store now. */
  judge(): Promise<readonly Finding[]>
  /** Mends what is wrong there now; answers what was. */
  repair(subject: Subject): Promise<readonly DamageOf[]>
  /** The bot says nothing to a person for `forMs`; null = until released. */
  pause(who: Who, forMs: number | null): Promise<void>
  /** False when nothing was held. */
  resume(who: Who): Promise<boolean>
  held(page: Page): Promise<{ count: number; held: readonly Held[] }>
  stats(page: Page): Promise<Stats>
  /** Makes the open batch due now. Null when nothing is open. */
  flush(who: Who): Promise<BatchId | null>
  /** Drops the open batch; answers how many messages. */
  discard(who: Who): Promise<number>
  failed(page: Page): Promise<{ count: number; batches: readonly BatchStatus[] }>
  retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'>
  discardFailed(batchId: BatchId): Promise<boolean>
  /** At most `last` lines of what was said. */
  conversation(who: Who, last: number): Promise<ConversationNow>
  /** An open batch is found through its person; one that was sealed by its id alone. */
  batch(batchId: BatchId, who?: Who): Promise<BatchStatus | null>
  /** The lines of a backup, while everything goes on; one without an end was cut. */
  backup(): AsyncIterable<Line>
  /** Puts pieces back; what is there is left alone. With `dryRun` it only says what it would do. */
  restore(pieces: readonly Piece[], dryRun: boolean): Promise<Restored>
}
