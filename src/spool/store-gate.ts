/**
 * Whether the store is tried at all. A call that found it away closes the gate, so that the next one
 * does not wait for the same silence; whoever finds it back opens it.
 */
export class StoreGate {
  #closedSince: number | null = null
  #change = Promise.withResolvers<void>()

  get isOpen(): boolean {
    return this.#closedSince === null
  }

  close(): void {
    if (this.#closedSince !== null) return
    this.#closedSince = performance.now()
    const { resolve } = this.#change
    this.#change = Promise.withResolvers<void>()
    resolve()
  }

  open(): void {
    this.#closedSince = null
  }

  /** Resolves at the next close. */
  closed(): Promise<void> {
    return this.#change.promise
  }
}
