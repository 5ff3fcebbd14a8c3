/**
 * Whether the store is tried at all. A call that found it away closes the gate, so that the next one
 * does not wait for the same silence; whoever finds it back opens it.
 */
export class StoreGate {
  #isOpen = true
  #change = Promise.withResolvers<void>()

  get isOpen(): boolean {
    return this.#isOpen
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const { resolve } = this.#change
    this.#change = Promise.withResolvers<void>()
    resolve()
  }

  open(): void {
    this.#isOpen = true
  }

  /** Resolves at the next close. */
  closed(): Promise<void> {
    return this.#change.promise
  }
}
