/**
 * Ends each "is typing" by itself after a while, since messengers show it until they are told
 * otherwise. One timer a person, counted anew with each new sign.
 */
export class TypingEnds {
  readonly #afterMs: number
  readonly #end: (to: string) => void
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(afterMs: number, end: (to: string) => void) {
    this.#afterMs = afterMs
    this.#end = end
  }

  begun(to: string): void {
    this.over(to)
    const timer = setTimeout(() => {
      this.#timers.delete(to)
      this.#end(to)
    }, this.#afterMs)
    this.#timers.set(to, timer)
  }

  /** A message ends it as well. */
  over(to: string): void {
    clearTimeout(this.#timers.get(to))
    this.#timers.delete(to)
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}
