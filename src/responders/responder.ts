/** Responder: what produces the answer to a turn. */
import type { MergedBatch } from '../batching/merge.ts'
import type { BatchId, Conversation, Part } from '../message.ts'

export interface TurnToAnswer extends MergedBatch {
  readonly batchId: BatchId
  readonly conversation: Conversation
  /** What was said before, oldest first. */
  readonly history: readonly Said[]
}

/** One line of the past. A human is the owner or an operator, past the bot. */
export interface Said {
  readonly who: 'person' | 'bot' | 'human'
  readonly text: string
  /** Ms since 1970. */
  readonly at: number
}

/**
 * A text is split into bubbles where it has blank lines; parts go out as they are. An empty text or
 * no part is silence. `later`: the answer comes by callback within this time, or the turn is tried
 * again.
 */
export type Answer = string | readonly Part[] | { readonly laterMs: number }

export interface Responder {
  readonly name: string
  /**
   * May be asked twice for one turn when a worker dies before the answer is stored; the stored one is
   * sent. Must end soon after `signal` aborts. Rejects with `responder_failed`, `responder_away`
   * (nothing was asked), `responder_timeout` or `answer_unusable` (may be tried again, after
   * `retryAfterMs` where it is known), or with `responder_refused` or `budget_spent` (final).
   */
  respond(turn: TurnToAnswer, signal: AbortSignal): Promise<Answer>
}
