/**
 * What everything that runs has in common.
 * `start` resolves when ready to serve and fails loudly. `stop` waits until what is held is
 * finished or given back, but not past the deadline; it is idempotent and legal before `start`.
 */
export interface Service {
  start(): Promise<void>
  stop(deadline: Deadline): Promise<void>
}

/** A moment of the monotonic clock after which nobody waits any more. */
export class Deadline {
  readonly #endsAtMs: number

  constructor(inMs: number) {
    this.#endsAtMs = performance.now() + inMs
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAtMs - performance.now())
  }

  /** Resolves to true when `work` ended in time, to false when the deadline came first. */
  race(work: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, this.remainingMs(), false)
      const end = (): void => {
        clearTimeout(timer)
        resolve(true)
      }
      work.then(end, (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      })
    })
  }
}
