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
  async race(work: Promise<unknown>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), this.remainingMs())
    })
    try {
      return await Promise.race([work.then(() => true as const), late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends as `work` does; rejects with `late()` when the deadline came first. */
  inTime<Answer>(work: Promise<Answer>, late: () => Error): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(late()), this.remainingMs())
      work.then(
        (answer) => {
          clearTimeout(timer)
          resolve(answer)
        },
        (error: unknown) => {
          clearTimeout(timer)
          reject(error)
        },
      )
    })
  }
}
