/** An answer that came from elsewhere becomes the draft of the turn that waits for it. */
import type { BatchStore } from '../batching/store.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import type { Events } from '../observability/events.ts'
import type { Answer } from '../responders/responder.ts'
import { partsOf } from './split.ts'

export interface LaterDeps {
  readonly store: Pick<BatchStore, 'answer'>
  readonly events: Events
  readonly limits: { readonly maxParts: number; readonly maxPartLength: number }
}

export class LaterReplies {
  readonly #deps: LaterDeps

  constructor(deps: LaterDeps) {
    this.#deps = deps
  }

  /** The first answer stands. Throws `invalid_format` when it cannot be sent. */
  async answer(batchId: BatchId, answer: Answer): Promise<'done' | 'already' | 'gone'> {
    const { store, events, limits } = this.#deps
    const parts = partsThatFit(answer, limits)
    const outcome = await store.answer(batchId, parts)
    if (outcome === 'done') events.emit('turn.answeredLater', { batchId, parts: parts.length })
    return outcome
  }
}

function partsThatFit(answer: Answer, limits: LaterDeps['limits']) {
  if (typeof answer === 'object' && 'laterMs' in answer) {
    throw new RapidFireError('invalid_format', 'this is the call that brings the answer itself')
  }
  try {
    return partsOf(answer, limits)
  } catch (error) {
    if (!(error instanceof RapidFireError) || error.code !== 'answer_unusable') throw error
    throw new RapidFireError('invalid_format', error.message, { cause: error })
  }
}
