/** Responder: what produces the answer to a turn. */
import type { MergedBatch } from '../batching/merge.ts'
import type { BatchId, Conversation, Part } from '../message.ts'

export interface TurnToAnswer extends MergedBatch {
  readonly batchId: BatchId
  readonly conversation: Conversation
}

export interface Responder {
  readonly name: string
  /**
   * The parts of the answer in order; none = silence. May be asked twice for one turn when a worker
   * dies before the answer is stored; the stored one is sent. Must end soon after `signal` aborts.
   */
  respond(turn: TurnToAnswer, signal: AbortSignal): Promise<readonly Part[]>
}
