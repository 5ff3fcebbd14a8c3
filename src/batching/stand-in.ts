/**
 * Runs a processor in an API that sees none, so that people are answered while somebody mends that.
 *
 *   no sign of life of a processor for 5 s → stands in → one is seen → stands down
 *
 * What it runs is the same processor; two at once are harmless, since each seal is one atomic
 * operation. It says in the store that it is a stand-in, so the processor stays missing for everybody
 * who asks. Where the store does not answer nobody is seen, and nothing is changed.
 */
import { messageOf } from '../errors.ts'
import { Deadline, type Service } from '../service.ts'
import type { LiveRole } from './store-roles.ts'

/** How long a processor may be silent. */
export const STAND_IN_AFTER_MS = 5000
const STOP_MS = 5000

export interface StandInDeps {
  /** What stands in, in the order in which it is started. */
  readonly open: () => readonly Service[]
  readonly onStandingIn: (silentMs: number) => void
  readonly onStoodDown: (stoodMs: number) => void
  readonly onError: (error: string) => void
  readonly afterMs?: number
  /** Monotonic, ms. */
  readonly now?: () => number
}

export class StandIn implements Service {
  readonly #deps: StandInDeps
  readonly #now: () => number
  #seenAt: number
  #since: number | null = null
  #running: readonly Service[] = []
  /** One change after the other. */
  #changing: Promise<void> | null = null
  #isStopped = false

  constructor(deps: StandInDeps) {
    this.#deps = deps
    this.#now = deps.now ?? (() => performance.now())
    this.#seenAt = this.#now()
  }

  /** From here on it is counted how long nobody is seen. */
  async start(): Promise<void> {
    this.#seenAt = this.#now()
  }

  /** Told at each beat of this API who is alive. */
  saw(live: readonly LiveRole[]): void {
    const ages = live.filter(({ role }) => role === 'processor').map(({ ageMs }) => ageMs)
    if (ages.length > 0) this.#seenAt = Math.max(this.#seenAt, this.#now() - Math.min(...ages))
    if (this.#isStopped || this.#changing) return
    const silentMs = this.#now() - this.#seenAt
    if (ages.length > 0) {
      if (this.#since !== null) this.#change(() => this.#standDown(STOP_MS))
    } else if (this.#since === null && silentMs >= (this.#deps.afterMs ?? STAND_IN_AFTER_MS)) {
      this.#change(() => this.#standIn(silentMs))
    }
  }

  #change(change: () => Promise<void>): void {
    this.#changing = change()
      .catch((error) => this.#deps.onError(messageOf(error)))
      .finally(() => {
        this.#changing = null
      })
  }

  async #standIn(silentMs: number): Promise<void> {
    const started: Service[] = []
    try {
      for (const service of this.#deps.open()) {
        await service.start()
        started.unshift(service)
      }
    } catch (error) {
      // It is tried again at the next beat.
      for (const service of started) await service.stop(new Deadline(STOP_MS))
      throw error
    }
    this.#running = started
    this.#since = this.#now()
    this.#deps.onStandingIn(silentMs)
  }

  async #standDown(withinMs: number): Promise<void> {
    if (this.#since === null) return
    const stoodMs = this.#now() - this.#since
    const running = this.#running
    this.#since = null
    this.#running = []
    const deadline = new Deadline(withinMs)
    for (const service of running) await service.stop(deadline)
    this.#deps.onStoodDown(stoodMs)
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#isStopped = true
    if (this.#changing) await deadline.race(this.#changing)
    await this.#standDown(deadline.remainingMs())
  }
}
