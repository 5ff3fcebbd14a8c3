/**
 * Whether a worker of a queue has fallen silent: jobs wait, it has free places, and yet it takes
 * none, look after look. A queue's library can lose its way after a connection was lost, and nothing
 * but this tells. Pure: the queue looks, and makes a silent worker anew.
 */

export interface Look {
  /** Jobs that wait. */
  readonly waiting: number
  /** Jobs that the worker took since it was made. */
  readonly taken: number
  readonly hasFreePlaces: boolean
}

/** Looks in a row that see the same, so that one that is just about to take a job is not silent. */
const LOOKS = 3
/** A new worker does not help where jobs cannot be taken at all: then it is made ever less often. */
const MAX_LOOKS = 40

export class Silence {
  #needed = LOOKS
  #seen = 0
  #taken = 0

  /** True when the worker is silent; the counting begins anew then. */
  saw({ waiting, taken, hasFreePlaces }: Look): boolean {
    if (taken !== this.#taken) this.#needed = LOOKS
    const isSame = waiting > 0 && hasFreePlaces && taken === this.#taken
    this.#taken = taken
    this.#seen = isSame ? this.#seen + 1 : 0
    if (this.#seen < this.#needed) return false
    this.#seen = 0
    this.#needed = Math.min(this.#needed * 2, MAX_LOOKS)
    return true
  }

  /** The queue could not be asked: nothing that was seen before counts. */
  forget(): void {
    this.#seen = 0
  }
}
