/**
 * Whether the store is tried at all, for each of its parts: one may be away while the others are not.
 * A call that found it away closes the gate, so that the next one does not wait for the same silence;
 * whoever finds it back opens it.
 */
export class StoreGate {
  readonly #partOf: (lane: string) => number
  readonly #closed = new Set<number>()
  #change = Promise.withResolvers<void>()

  /** `partOf`: where the store has a conversation. */
  constructor(partOf: (lane: string) => number) {
    this.#partOf = partOf
  }

  /** All of it. */
  get isOpen(): boolean {
    return this.#closed.size === 0
  }

  get closedParts(): readonly number[] {
    return [...this.#closed]
  }

  isOpenFor(lane: string): boolean {
    return this.#closed.size === 0 || !this.#closed.has(this.#partOf(lane))
  }

  partOf(lane: string): number {
    return this.#partOf(lane)
  }

  /** The part where this conversation is. */
  close(lane: string): void {
    const part = this.#partOf(lane)
    if (this.#closed.has(part)) return
    this.#closed.add(part)
    const { resolve } = this.#change
    this.#change = Promise.withResolvers<void>()
    resolve()
  }

  open(part: number): void {
    this.#closed.delete(part)
  }

  /** Resolves at the next close. */
  closed(): Promise<void> {
    return this.#change.promise
  }
}
