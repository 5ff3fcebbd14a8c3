/** How long to wait before the n-th try again. Pure but for the dice. */
export const LEAST_WAIT_MS = 1000
export const MOST_WAIT_MS = 60_000

/**
 * @param failures tries that failed so far, from 1 on
 * @param askedMs what the other side asked for; it counts, within the bounds
 */
export function waitBefore(
  failures: number,
  askedMs: number | null,
  dice: () => number = Math.random,
): number {
  if (askedMs !== null) return bounded(askedMs)
  const doubled = LEAST_WAIT_MS * 2 ** Math.min(failures - 1, 16)
  // Up to a quarter less, so that many bridges do not knock at the same moment.
  return bounded(Math.min(doubled, MOST_WAIT_MS) * (1 - dice() / 4))
}

const bounded = (ms: number): number =>
  Math.round(Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, ms)))
