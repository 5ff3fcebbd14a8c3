/** The words of holds, of humans who step in, and of what was said before. */
import type { BatchId, ConversationKey, Part } from '../message.ts'

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
  /**
   * `only`: not a hold for another reason. `idleMs`: what was held is due no sooner, as the person is
   * writing; left out: as it would be without a hold.
   */
  | { readonly kind: 'release'; readonly only: HoldReason | null; readonly idleMs?: number }

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
