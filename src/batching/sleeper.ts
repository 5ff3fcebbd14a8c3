/** A sleep that a wake-up ends early; a wake-up that comes before the sleep is not lost. */
export class Sleeper {
  #awake = false
  #end: (() => void) | null = null

  wake(): void {
    this.#awake = true
    this.#end?.()
  }

  async sleep(forMs: number): Promise<void> {
    if (!this.#awake) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, forMs)
        this.#end = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#end = null
    }
    this.#awake = false
  }
}
