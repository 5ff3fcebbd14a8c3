/**
 * Random numbers for one thing of a run: the same seed and names bring the same numbers, whatever
 * else happens meanwhile.
 */
import { seededRandom } from '../support/seeded-random.ts'

export function diceOf(seed: number, ...names: readonly (string | number)[]): () => number {
  // FNV-1a.
  let hash = 0x811c9dc5
  for (const unit of `${seed} ${names.join(' ')}`) {
    hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193)
  }
  return seededRandom(hash)
}

/** A whole number from `least` to `most`. */
export function between(dice: () => number, least: number, most: number): number {
  return least + Math.floor(dice() * (most - least + 1))
}
