/**
 * Waits that are equally long end in the order in which they began, so one timer stands for all of
 * them. For calls that are many at a time and nearly never late: a timer for each is a hundredth of
 * what a call costs.
 */
export class EqualWaits {
  readonly #ms: number
  /** The longest one first. */
  readonly #open = new Set<Wait>()
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.#ms = ms
  }

  /** Ends as `work` does; rejects with `late()` when the time was over first. */
  inTime<Answer>(work: Promise<Answer>, late: () => Error): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const wait = { endsAtMs: performance.now() + this.#ms, giveUp: () => reject(late()) }
      this.#open.add(wait)
      this.#timer ??= setTimeout(() => this.#look(), this.#ms)
      work.then(
        (answer) => {
          this.#end(wait)
          resolve(answer)
        },
        (error: unknown) => {
          this.#end(wait)
          reject(error)
        },
      )
    })
  }

  #end(wait: Wait): void {
    this.#open.delete(wait)
    if (this.#open.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    this.#timer = undefined
    for (const wait of this.#open) {
      const leftMs = wait.endsAtMs - performance.now()
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.#look(), Math.ceil(leftMs))
        return
      }
      this.#open.delete(wait)
      wait.giveUp()
    }
  }
}

interface Wait {
  readonly endsAtMs: number
  readonly giveUp: () => void
}
