/**
 * Hands the turn over to a backend that sends its answers itself: any 2xx is silence, and what it
 * says is not read. What each status means is in `backend.ts`.
 *
 * A burst that came from a provider goes on in that provider's own shape, signed as it signs: a
 * drop-in for the bot that was there before. One that came in our own format goes as a turn.
 */

import type { Rebuilt } from '../../channels/channel.ts'
import type { BurstToTell } from '../../channels/drop-in.ts'
import type { Answer, Responder, TurnToAnswer } from '../responder.ts'
import { Backend, type BackendOptions, discard } from './backend.ts'
import { turnBody } from './turn-body.ts'

export interface ForwardOptions extends BackendOptions {
  /** The provider's own calls for a burst; null where it came in our own format. */
  readonly callsOf: (burst: BurstToTell, target: URL) => Promise<readonly Rebuilt[] | null>
}

export class ForwardResponder implements Responder {
  readonly name = 'forward'
  readonly #backend: Backend
  readonly #callsOf: ForwardOptions['callsOf']

  constructor(options: ForwardOptions) {
    this.#backend = new Backend(options)
    this.#callsOf = options.callsOf
  }

  async respond(turn: TurnToAnswer, signal: AbortSignal): Promise<Answer> {
    const calls = await this.#callsOf(turn, this.#backend.url)
    if (calls === null) {
      // No answer is waited for, so none may come by callback.
      await discard(await this.#backend.post(turnBody(turn, null), signal))
      return []
    }
    for (const [i, { rawBody, headers }] of calls.entries()) {
      const key = i === 0 ? turn.batchId : `${turn.batchId}.${i}`
      await discard(await this.#backend.postAs(rawBody, headers, key, signal))
    }
    return []
  }
}
