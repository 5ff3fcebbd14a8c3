/**
 * When each conversation was read and what was open in it then, 24 bytes each: a million of them fit
 * into 48 MB. Two names are taken for the same one by chance once in some ten million backups of a
 * million names.
 */
import { hash } from 'node:crypto'

const START_SLOTS = 1024

export class ReadTimes {
  #names = new BigUint64Array(START_SLOTS)
  #times = new Float64Array(START_SLOTS)
  #opens = new BigUint64Array(START_SLOTS)
  #size = 0

  /** Null when it was not read. */
  get(name: string): number | null {
    const at = this.#slotOf(sumOf(name))
    return this.#names[at] === 0n ? null : (this.#times[at] ?? null)
  }

  /** Whether this was open in it when it was read. */
  hadOpen(name: string, openId: string): boolean {
    const at = this.#slotOf(sumOf(name))
    return this.#names[at] !== 0n && this.#opens[at] === sumOf(openId)
  }

  set(name: string, time: number, openId: string | null): void {
    if (2 * this.#size >= this.#names.length) this.#grow()
    this.#put(sumOf(name), time, openId === null ? 0n : sumOf(openId))
  }

  #put(sum: bigint, time: number, open: bigint): void {
    const at = this.#slotOf(sum)
    if (this.#names[at] === 0n) this.#size += 1
    this.#names[at] = sum
    this.#times[at] = time
    this.#opens[at] = open
  }

  /** Its slot, or the empty one where it would be. */
  #slotOf(sum: bigint): number {
    const slots = this.#names
    let at = Number(sum % BigInt(slots.length))
    while (slots[at] !== 0n && slots[at] !== sum) at = (at + 1) % slots.length
    return at
  }

  #grow(): void {
    const [names, times, opens] = [this.#names, this.#times, this.#opens]
    this.#names = new BigUint64Array(2 * names.length)
    this.#times = new Float64Array(2 * names.length)
    this.#opens = new BigUint64Array(2 * names.length)
    this.#size = 0
    for (const [at, sum] of names.entries()) {
      if (sum !== 0n) this.#put(sum, times[at] ?? 0, opens[at] ?? 0n)
    }
  }
}

function sumOf(name: string): bigint {
  const sum = hash('sha256', name, 'buffer').readBigUInt64LE()
  // An empty slot has 0.
  return sum === 0n ? 1n : sum
}
