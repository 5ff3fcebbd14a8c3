/**
 * Calls into venom-bot that end. Some of its promises never do: where its page breaks during a call,
 * the error goes to nobody and the caller waits for ever. So each call here ends with its own
 * answer, with an error that nobody else took, or after a while.
 */
import { messageOf } from '../errors.ts'
import { SendError } from './library.ts'
import { hearOrphans } from './orphans.ts'
import { venomError } from './venom-errors.ts'

const CALL_WITHIN_MS = 45_000

export class VenomCalls {
  readonly #withinMs: number
  readonly #failPending = new Set<(error: unknown) => void>()
  readonly #onTrouble: (sentence: string) => void
  readonly #stopHearing: () => void

  constructor(onTrouble: (sentence: string) => void, withinMs = CALL_WITHIN_MS) {
    this.#onTrouble = onTrouble
    this.#withinMs = withinMs
    this.#stopHearing = hearOrphans(this.#orphan)
  }

  /** Rejects with SendError. */
  async run<Answer>(call: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    const broken = Promise.withResolvers<never>()
    const fail = (error: unknown): void => broken.reject(error)
    const stop = (): void => fail(SendError.failed('this bridge is going down: send it again'))
    const timer = setTimeout(
      () => fail(SendError.failed('venom-bot gave no answer in time')),
      this.#withinMs,
    )
    this.#failPending.add(fail)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      return await Promise.race([call(), broken.promise])
    } catch (error) {
      throw venomError(error)
    } finally {
      clearTimeout(timer)
      this.#failPending.delete(fail)
      signal?.removeEventListener('abort', stop)
    }
  }

  stop(): void {
    this.#stopHearing()
    this.#orphan(SendError.failed('this bridge is going down: send it again'))
  }

  readonly #orphan = (error: unknown): void => {
    const pending = [...this.#failPending]
    if (pending.length === 0 && !(error instanceof SendError)) {
      this.#onTrouble(messageOf(error).split('\n', 1)[0] ?? '')
    }
    for (const fail of pending) fail(error)
  }
}
