/**
 * The words of the benches.
 *
 * bench   one question about speed or cost, answered by one run of a few minutes at most
 * arm     one way of doing it; all arms of a bench take turns in the same run: A B A B …
 * figure  what was measured of an arm in one round, named with its unit: `perSecond`, `serverUs`
 * reach   the value that a bench has to come to; a line of the table
 */
import type { Spread } from './statistics.ts'

export interface Scale {
  /** One tiny iteration: proves that the bench runs, and measures nothing. */
  readonly quick: boolean
  /** Before what is measured for real. */
  readonly warmUp: boolean
  /** The size for a real run, or the one for a quick one. */
  of(full: number, quick: number): number
}

export interface Bench {
  readonly name: string
  /** What it asks, in a few words. */
  readonly asks: string
  run(scale: Scale): Promise<Outcome>
}

export interface Limit {
  readonly way: 'at least' | 'at most'
  readonly value: number
}

export interface Reach {
  readonly what: string
  /** null: good to know, and no promise. */
  readonly limit: Limit | null
  /** Stands behind the number: `×`, `µs`, `B`. */
  readonly unit: string
  readonly measured: Spread
}

export interface Outcome {
  readonly reaches: readonly Reach[]
  /** Arm → figure → one value a round. */
  readonly arms: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>
  readonly pictures: readonly Picture[]
  /** How it was measured, where a number alone would mislead. */
  readonly note?: string
}

/** Bars with the reach from the least to the greatest value. */
export interface Picture {
  readonly title: string
  readonly unit: string
  readonly bars: readonly { readonly label: string; readonly spread: Spread }[]
}

export const atLeast = (value: number): Limit => ({ way: 'at least', value })
export const atMost = (value: number): Limit => ({ way: 'at most', value })

export function isReached({ limit, measured }: Reach): boolean {
  if (!limit) return true
  return limit.way === 'at least' ? measured.median >= limit.value : measured.median <= limit.value
}
