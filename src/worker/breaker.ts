/**
 * Spares a responder that fails: after five failures in a row nobody asks it for 30 s, then one call
 * goes ahead as a trial. Its success lets all go on, its failure closes the way for another 30 s.
 *
 *   closed ──5 failures──▶ open ──30 s──▶ trial ──success──▶ closed
 *                            ▲──────failure──┘
 *
 * One for each tenant, in the memory of each worker: the key, the prompt or the backend of one may
 * fail while all others are answered. It makes no calls and sets no timers.
 */

const MAX_FAILURES = 5
const OPEN_MS = 30_000
/** So soon those who wait for a trial to end ask again. */
const TRIAL_LOOK_MS = 1000

export class Breaker {
  readonly #nowMs: () => number
  #failures = 0
  /** Nobody asks before this; null while nothing is wrong. */
  #openUntilMs: number | null = null
  /** A trial that is never reported must not block for ever: another one follows it then. */
  #trialUntilMs = Number.NEGATIVE_INFINITY

  /** @param nowMs a clock that never goes back */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Ms to wait; 0 = call now and say afterwards how it ended: it may be the trial. */
  waitMs(): number {
    if (this.#openUntilMs === null) return 0
    const now = this.#nowMs()
    if (now < this.#openUntilMs) return Math.ceil(this.#openUntilMs - now)
    if (now < this.#trialUntilMs) {
      return Math.min(Math.ceil(this.#trialUntilMs - now), TRIAL_LOOK_MS)
    }
    this.#trialUntilMs = now + OPEN_MS
    return 0
  }

  failed(): void {
    this.#failures += 1
    if (this.#failures < MAX_FAILURES) return
    const now = this.#nowMs()
    // Calls that were under way when it opened fail late; they do not make it longer.
    if (this.#openUntilMs !== null && now < this.#openUntilMs) return
    this.#openUntilMs = now + OPEN_MS
  }

  /** Also of a call that was under way when it opened: the responder answers. */
  succeeded(): void {
    this.#failures = 0
    this.#openUntilMs = null
  }

  /** It was cut short from outside, which says nothing of the responder: another may be the trial. */
  abandoned(): void {
    this.#trialUntilMs = Number.NEGATIVE_INFINITY
  }
}

/** The breakers of a worker, each made when its tenant first needs it; there are as many as tenants. */
export class Breakers {
  readonly #nowMs: (() => number) | undefined
  readonly #ofTenants = new Map<string, Breaker>()

  /** @param nowMs as of `Breaker` */
  constructor(nowMs?: () => number) {
    this.#nowMs = nowMs
  }

  of(tenantId: string): Breaker {
    const known = this.#ofTenants.get(tenantId)
    if (known) return known
    const made = new Breaker(this.#nowMs)
    this.#ofTenants.set(tenantId, made)
    return made
  }
}
