/**
 * The words of aliases: two addresses of one person, such as a hidden one and a phone, lead to one
 * conversation.
 *
 * Only a conversation that is no alias is made one, and only of one that is none. So aliases never
 * lead in a circle, and a chain is as long as the person has addresses.
 */
import type { BatchId, ConversationKey } from '../message.ts'

/** An alias that nobody names any more is forgotten, ms; each link renews it. */
export const ALIAS_MS = 180 * 24 * 3_600_000

/** More than a person has addresses: who meets more of them is led in a circle. */
export const MAX_HOPS = 16

export interface Link {
  /** Leads to `to` from now on, with all that is not answered or failed yet. */
  readonly from: ConversationKey
  readonly to: ConversationKey
  /** What was read, as the order was made from it. */
  readonly read: {
    readonly fromTurn: BatchId | null
    readonly fromOpen: BatchId | null
    /** Messages of both. */
    readonly fromSize: number
    readonly toOpen: BatchId | null
    readonly toSize: number
  }
  /**
   * Whence each message of the joined open batch comes, in order; those of the turn of `from` stand
   * before those of its open batch.
   */
  readonly order: readonly ('from' | 'to')[]
  /** Id for the open batch where a turn goes back and none is open. */
  readonly newBatchId: BatchId
}

export interface LinkResult {
  /**
   * already: it leads there, and is remembered anew. changed: one of the two is an alias of another
   * one, or it is not as it was read any more: resolve and read again. busy: a turn of `from` is in
   * flight, and something of its answer was sent or may have been; nothing was changed. waiting: the
   * two are in different partitions, and something waits at `from`, which stays there until it is
   * answered; nothing was changed.
   */
  readonly outcome: 'linked' | 'already' | 'changed' | 'busy' | 'waiting'
}
