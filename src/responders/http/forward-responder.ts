/**
 * Hands the turn over to a backend that sends its answers itself: any 2xx is silence, and what it
 * says is not read. What each status means is in `backend.ts`.
 *
 * A burst that came from a provider goes on in that provider's own shape, signed as it signs: a
 * drop-in for the bot that was there before. One that came in our own format goes as a turn.
 */

import type { Rebuilt } from '../../channels/channel.ts'
import type { BurstToTell } from '../../channels/drop-in.ts'
import type { BatchId } from '../../message.ts'
import type { Answer, Responder, TurnToAnswer } from '../responder.ts'
import { Backend, type BackendOptions, discard } from './backend.ts'
import { turnBody } from './turn-body.ts'

export interface ForwardOptions extends BackendOptions {
  /** The provider's own calls for a burst; null where it came in our own format. */
  readonly callsOf: (burst: BurstToTell, target: URL) => Promise<readonly Rebuilt[] | null>
}

/** Turns; a retry comes while they are among the last ones. */
const MAX_REMEMBERED = 1000

export class ForwardResponder implements Responder {
  readonly name = 'forward'
  readonly #backend: Backend
  readonly #callsOf: ForwardOptions['callsOf']
  /** How many calls of a turn the bot took. */
  readonly #taken = new Map<BatchId, number>()

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
    await this.#tell(turn.batchId, calls, signal)
    return []
  }

  /** A bot that was there before knows no keys, so what it took is not told again by a retry. */
  async #tell(batchId: BatchId, calls: readonly Rebuilt[], signal: AbortSignal): Promise<void> {
    const done = this.#taken.get(batchId) ?? 0
    for (const [i, { rawBody, headers }] of calls.entries()) {
      if (i < done) continue
      const key = i === 0 ? batchId : `${batchId}.${i}`
      await discard(await this.#backend.postAs(rawBody, headers, key, signal))
      this.#taken.set(batchId, i + 1)
    }
    const [oldest] = this.#taken.keys()
    if (oldest && this.#taken.size > MAX_REMEMBERED) this.#taken.delete(oldest)
  }
}
