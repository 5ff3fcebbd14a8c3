/** What happens in a run, by its seed: scenes of a conversation, answers, moods and echoes. */
import type { Ask, Plan } from '../outside/backend.ts'
import { between, diceOf } from '../outside/dice.ts'
import type { Arrival, Fate, Mood } from '../outside/moody-sink.ts'
import type { EchoKind } from './own-side.ts'

export const TIMES = { idleMs: 300, takeoverMs: 2000, pauseMinMs: 150, pauseMaxMs: 250 } as const

/**
 * When the human writes: not at all, before the batch is sealed, while the responder is asked,
 * between two parts, or so that what they wrote before the person's burst is told only after it.
 */
export const WHENS = ['never', 'before', 'during', 'between', 'belated'] as const
export type When = (typeof WHENS)[number]

export interface Scene {
  readonly when: When
  /** Messages of the person, and the pause before each. */
  readonly pausesMs: readonly number[]
  /** From the moment that `when` names to the human's words. */
  readonly humanAfterMs: number
  /** What the person writes during the hold, by the pauses before each. */
  readonly laterMs: readonly number[]
  /** The human writes once more, so long after that; null: not. */
  readonly againAfterMs: number | null
}

export function scenesOf(seed: number, person: string, count: number): Scene[] {
  const dice = diceOf(seed, 'scenes', person)
  const pauses = (most: number, longestMs: number): number[] =>
    Array.from({ length: between(dice, 0, most) }, () => between(dice, 0, longestMs))
  // Each moment comes as often as each other, whoever begins with it.
  const first = between(dice, 0, WHENS.length - 1)
  return Array.from({ length: count }, (_, n) => ({
    when: WHENS[(first + n) % WHENS.length] ?? 'never',
    pausesMs: [0, ...pauses(2, 60)],
    humanAfterMs: between(dice, 0, 150),
    laterMs: pauses(2, 400),
    againAfterMs: dice() < 0.3 ? between(dice, 50, 500) : null,
  }))
}

export class BackendScript {
  readonly #seed: number
  readonly #askedOf = new Map<string, number>()

  constructor(seed: number) {
    this.#seed = seed
  }

  planOf({ person }: Pick<Ask, 'person'>): Plan {
    const n = this.#askedOf.get(person) ?? 0
    this.#askedOf.set(person, n + 1)
    const dice = diceOf(this.#seed, 'ask', person, n)
    if (dice() < 0.03) return { kind: 'refuse', status: 500, retryAfterS: null }
    return { kind: 'answer', afterMs: between(dice, 50, 500), parts: dice() < 0.2 ? 1 : 3 }
  }
}

const FATES: readonly (readonly [upTo: number, fate: Fate])[] = [
  [0.02, 'failed'],
  [0.03, 'cut'],
  [0.045, 'taken, cut'],
]

export class SinkScript {
  readonly #seed: number
  readonly #triesOf = new Map<string, number>()

  constructor(seed: number) {
    this.#seed = seed
  }

  moodOf({ to }: { readonly to: string }): Mood {
    const tries = this.#triesOf.get(to) ?? 0
    this.#triesOf.set(to, tries + 1)
    const dice = diceOf(this.#seed, 'part', to, tries)
    const roll = dice()
    const fate = FATES.find(([upTo]) => roll < upTo)?.[1] ?? 'taken'
    const providerId = dice() < 0.6 ? `provided-${to}-${tries}` : null
    return { fate, afterMs: between(dice, 0, 20), providerId }
  }
}

export interface EchoPlan {
  readonly how: EchoKind
  readonly afterMs: number
}

/** Which echoes a part has that reached the person; some come more than once. */
export function echoesOf(seed: number, arrival: Arrival, nth: number): EchoPlan[] {
  const dice = diceOf(seed, 'echo', arrival.to, nth)
  const plan = (): EchoPlan => {
    const roll = dice()
    const how = roll < 0.3 ? 'early' : roll < 0.6 && arrival.providerId !== null ? 'id' : 'no id'
    return { how, afterMs: how === 'early' ? 0 : between(dice, 0, 150) }
  }
  return Array.from({ length: dice() < 0.15 ? 0 : dice() < 0.85 ? 1 : 2 }, plan)
}
