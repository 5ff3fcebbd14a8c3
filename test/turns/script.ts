/**
 * What happens in a run, by its seed: what a person writes and when, how each asking of the backend
 * goes, and in which mood the far end takes a part.
 */
import type { Ask, Plan } from '../outside/backend.ts'
import { between, diceOf } from '../outside/dice.ts'
import type { Fate, Mood } from '../outside/moody-sink.ts'

/** What the rig sets so that a run is quick; see `play.ts`. */
export const TIMES = { idleMs: 120, responderTimeoutMs: 700, sendTimeoutMs: 600 } as const
/** The default of MAX_BATCH_SIZE, and now and then somebody writes more. */
export const MAX_SIZE = 10

/** One message: how long its writer waits before it, and whether the bridge repeats it. */
export interface Line {
  readonly afterMs: number
  readonly again: boolean
}

/**
 * Bursts of one to four messages, faster than the idle wait; between them it is as if the person
 * looked away, or wrote while the answer is made, or after it.
 */
export function linesOf(seed: number, person: string): Line[] {
  const dice = diceOf(seed, 'lines', person)
  const lines: Line[] = []
  for (let bursts = between(dice, 2, 4); bursts > 0; bursts -= 1) {
    const size = dice() < 0.03 ? MAX_SIZE + 2 : between(dice, 1, 4)
    const pauseMs = [between(dice, 60, 200), between(dice, 200, 700), between(dice, 900, 1400)]
    const firstMs = pauseMs[between(dice, 0, 2)] ?? 0
    for (let n = 0; n < size; n += 1) {
      const afterMs = n > 0 ? between(dice, 0, 50) : lines.length > 0 ? firstMs : 0
      lines.push({ afterMs, again: dice() < 0.05 })
    }
  }
  return lines
}

/**
 * A worker that sees five failures in a row asks nobody for half a minute, as it should. Here that
 * would only make the run long: so fewer come together, counting the hangs that it has yet to see.
 */
const MOST_IN_A_ROW = 3

/** The mood of the backend; it remembers what it did to each process. */
export class BackendScript {
  readonly #seed: number
  readonly #askedOf = new Map<string, number>()
  readonly #inARow = new Map<string, number>()

  constructor(seed: number) {
    this.#seed = seed
  }

  planOf({ person, instance }: Pick<Ask, 'person' | 'instance'>): Plan {
    const n = this.#askedOf.get(person) ?? 0
    this.#askedOf.set(person, n + 1)
    const plan = this.#rolled(diceOf(this.#seed, 'ask', person, n))
    const inARow = this.#inARow.get(instance) ?? 0
    if (plan.kind === 'answer') {
      this.#inARow.set(instance, 0)
      return plan
    }
    if (inARow >= MOST_IN_A_ROW) return { kind: 'answer', afterMs: 20, parts: 1 }
    this.#inARow.set(instance, inARow + 1)
    return plan
  }

  #rolled(dice: () => number): Plan {
    const roll = dice()
    if (roll < 0.04) return { kind: 'refuse', status: 500, retryAfterS: null }
    if (roll < 0.06) return { kind: 'refuse', status: 429, retryAfterS: 1 }
    if (roll < 0.09) return { kind: 'cut', afterMs: between(dice, 0, 200) }
    if (roll < 0.11) return { kind: 'hang' }
    const afterMs = dice() < 0.5 ? between(dice, 0, 80) : between(dice, 200, 600)
    return { kind: 'answer', afterMs, parts: between(dice, 1, 3) }
  }
}

const FATES: readonly (readonly [upTo: number, fate: Fate])[] = [
  [0.03, 'failed'],
  [0.04, 'busy'],
  [0.06, 'cut'],
  [0.07, 'hung'],
  [0.08, 'taken, cut'],
  [0.09, 'taken, hung'],
]

/** The mood of the far end, part by part and try by try. */
export class SinkScript {
  readonly #seed: number
  readonly #triesOf = new Map<string, number>()

  constructor(seed: number) {
    this.#seed = seed
  }

  moodOf({ to, text }: { readonly to: string; readonly text: string }): Mood {
    const tries = this.#triesOf.get(to) ?? 0
    this.#triesOf.set(to, tries + 1)
    const dice = diceOf(this.#seed, 'part', to, tries)
    const roll = dice()
    const fate = FATES.find(([upTo]) => roll < upTo)?.[1] ?? 'taken'
    return { fate, afterMs: between(dice, 0, 20), providerId: `${to} ${tries} ${text.length}` }
  }
}
