/**
 * People who write as people do: a burst of five with pauses well below the window, and when they may
 * have an answer, another one. So every burst has one right end, and something comes just after it. Pure.
 */
import { seededRandom } from '../../test/support/seeded-random.ts'

export const EACH = 5
export const BURSTS = 2
/** Pauses in a burst, of the window: far enough below it for a busy machine. */
const LONGEST_PAUSE = 0.5
/** From the last of one burst to the first of the next, of the window. */
const BETWEEN = { least: 1.02, more: 1 }

export interface Planned {
  readonly atMs: number
  readonly person: number
}

export interface BurstsPlan {
  readonly people: number
  /** They begin one after the other, all within this time. */
  readonly beginWithinMs: number
  readonly windowMs: number
  readonly seed: number
}

/** In the order of their times. */
export function twoBursts({ people, beginWithinMs, windowMs, seed }: BurstsPlan): Planned[] {
  const random = seededRandom(seed)
  const planned: Planned[] = []
  for (let person = 0; person < people; person += 1) {
    let atMs = (person / people) * beginWithinMs
    for (let n = 0; n < EACH * BURSTS; n += 1) {
      if (n > 0 && n % EACH === 0) atMs += (BETWEEN.least + random() * BETWEEN.more) * windowMs
      else if (n > 0) atMs += random() * LONGEST_PAUSE * windowMs
      planned.push({ atMs, person })
    }
  }
  return planned.sort((a, b) => a.atMs - b.atMs)
}
