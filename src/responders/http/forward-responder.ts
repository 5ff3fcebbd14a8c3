/**
 * Hands the turn over to a backend that sends its answers itself: any 2xx is silence, and what it
 * says is not read. What each status means is in `backend.ts`.
 */
import type { Answer, Responder, TurnToAnswer } from '../responder.ts'
import { Backend, type BackendOptions, discard } from './backend.ts'
import { turnBody } from './turn-body.ts'

export class ForwardResponder implements Responder {
  readonly name = 'forward'
  readonly #backend: Backend

  constructor(options: BackendOptions) {
    this.#backend = new Backend(options)
  }

  async respond(turn: TurnToAnswer, signal: AbortSignal): Promise<Answer> {
    // No answer is waited for, so none may come by callback.
    await discard(await this.#backend.post(turnBody(turn, null), signal))
    return []
  }
}
