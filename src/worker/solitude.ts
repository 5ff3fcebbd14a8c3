/**
 * A turn that was started several times without an end may kill its worker, and with it whatever is
 * being answered beside it. So it runs alone: it waits until all others have ended, and nothing is
 * begun while it runs. Only its own starts count then, and no other turn is taken for poison.
 */
export class Solitude {
  /** Turns that are being answered, the lonely one included. */
  #running = 0
  #lonely = false
  #changed = Promise.withResolvers<void>()

  /** Before a turn is begun; waits while a lonely one runs. */
  async enter(stopping: AbortSignal): Promise<void> {
    while (this.#lonely) await this.#change(stopping)
    this.#running += 1
  }

  leave(): void {
    this.#running -= 1
    this.#tell()
  }

  /** Of a turn that has entered: resolves when it is the only one; false when another is to be. */
  async alone(stopping: AbortSignal): Promise<boolean> {
    if (this.#lonely) return false
    this.#lonely = true
    try {
      while (this.#running > 1) await this.#change(stopping)
    } catch (error) {
      this.together()
      throw error
    }
    return true
  }

  /** The lonely one has ended. */
  together(): void {
    this.#lonely = false
    this.#tell()
  }

  #tell(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  async #change(stopping: AbortSignal): Promise<void> {
    stopping.throwIfAborted()
    const stop = Promise.withResolvers<never>()
    const abort = (): void => stop.reject(stopping.reason)
    stopping.addEventListener('abort', abort)
    try {
      await Promise.race([this.#changed.promise, stop.promise])
    } finally {
      stopping.removeEventListener('abort', abort)
    }
  }
}
