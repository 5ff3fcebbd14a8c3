/** An answer that came from elsewhere becomes the draft of the turn that waits for it. */
import type { BatchStore } from '../batching/store.ts'
import type { Senders } from '../channels/senders.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import type { Answer } from '../responders/responder.ts'
import { partsFor } from './parts-for.ts'

export interface LaterDeps {
  readonly store: Pick<BatchStore, 'answer' | 'batch'>
  readonly senders: Senders
  readonly keys: ConversationKeys
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
    const { store, events } = this.#deps
    const batch = await store.batch(batchId)
    if (!batch) return 'gone'
    const parts = partsThatFit(answer, batch.conversation, this.#deps)
    const outcome = await store.answer(batchId, parts)
    if (outcome === 'done') events.emit('turn.answeredLater', { batchId, parts: parts.length })
    return outcome
  }
}

function partsThatFit(
  answer: Answer,
  conversation: ConversationKey,
  { senders, keys, limits }: LaterDeps,
) {
  if (typeof answer === 'object' && 'laterMs' in answer) {
    throw new RapidFireError('invalid_format', 'this is the call that brings the answer itself')
  }
  try {
    return partsFor(answer, senders.of(keys.parse(conversation)).limits, limits)
  } catch (error) {
    if (!(error instanceof RapidFireError) || error.code !== 'answer_unusable') throw error
    throw new RapidFireError('invalid_format', error.message, { cause: error })
  }
}
