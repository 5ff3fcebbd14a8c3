/**
 * Asks a backend over HTTP for the answer.
 *
 *   turn → POST → 2xx with the answer, or 202 and the answer by callback later
 *
 * What each status means is in `backend.ts`, what an answer may look like in `read-answer.ts`.
 */
import type { Clock } from '../../clock.ts'
import type { BatchId } from '../../message.ts'
import type { Answer, Responder, TurnToAnswer } from '../responder.ts'
import { Backend, discard } from './backend.ts'
import { unusable } from './read-answer.ts'
import { MAX_ANSWER_BYTES, readBody } from './read-body.ts'
import { turnBody } from './turn-body.ts'

export interface HttpResponderOptions {
  readonly url: string
  /** Null: calls are not signed. */
  readonly secret: string | null
  /** Null where an answer cannot come later. */
  readonly callbackUrlFor: (batchId: BatchId) => string | null
  /** How long an answer by callback may take. */
  readonly callbackMs: number
  readonly clock: Clock
}

export class HttpResponder implements Responder {
  readonly name = 'http'
  readonly #backend: Backend
  readonly #callbackUrlFor: (batchId: BatchId) => string | null
  readonly #callbackMs: number

  constructor(options: HttpResponderOptions) {
    this.#backend = new Backend(options)
    this.#callbackUrlFor = options.callbackUrlFor
    this.#callbackMs = options.callbackMs
  }

  async respond(turn: TurnToAnswer, signal: AbortSignal): Promise<Answer> {
    const callbackUrl = this.#callbackUrlFor(turn.batchId)
    const response = await this.#backend.post(turnBody(turn, callbackUrl), signal)
    if (response.status === 202) {
      await discard(response)
      if (callbackUrl !== null) return { laterMs: this.#callbackMs }
      throw unusable('the backend will answer later (202), and it was given no callbackUrl')
    }
    const bytes = await this.#backend.read(response, MAX_ANSWER_BYTES, signal)
    if (bytes === null) throw unusable(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`)
    return readBody({
      bytes,
      contentType: response.headers.get('content-type'),
      lastMessageId: turn.messages.at(-1)?.id ?? null,
    })
  }
}
