/**
 * Gives a responder that fails again and again a rest: after five failures in a row nobody asks it
 * for 30 s, then one does, and what comes of that decides for all. In memory, one a worker process.
 */

const FAILURES = 5
const REST_MS = 30_000

export class Breaker {
  readonly #now: () => number
  #failures = 0
  #restsUntilMs = 0
  /** Somebody tries whether it works again. */
  #trying = false

  /** @param now a monotonic clock, ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Ms until the responder may be asked; 0 = ask now, and say what came of it. */
  waitMs(): number {
    if (this.#failures < FAILURES) return 0
    const restMs = this.#restsUntilMs - this.#now()
    if (restMs > 0) return restMs
    if (this.#trying) return REST_MS
    this.#trying = true
    return 0
  }

  failed(): void {
    this.#failures += 1
    this.#trying = false
    if (this.#failures >= FAILURES) this.#restsUntilMs = this.#now() + REST_MS
  }

  succeeded(): void {
    this.#failures = 0
    this.#trying = false
  }

  /** The call was cut short from outside and says nothing of the responder. */
  abandoned(): void {
    this.#trying = false
  }
}
