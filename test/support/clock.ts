/** A clock that moves when the test says so. */
export class TestClock {
  #now: number

  constructor(startAt = 1_795_000_000_000) {
    this.#now = startAt
  }

  readonly now = (): number => this.#now

  advance(ms: number): void {
    this.#now += ms
  }

  set(ms: number): void {
    this.#now = ms
  }
}
