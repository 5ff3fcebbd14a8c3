/** How long to wait before the next try of a turn. */

/** Nothing waits longer than this for its next try. */
export const MAX_BACKOFF_MS = 15 * 60_000

/**
 * Doubles with each try and is spread over the upper half, so that turns that failed together do
 * not come back together.
 *
 * @param retries tries that went wrong before this one
 * @param random 0 ≤ x < 1
 */
export function backoffMs(baseMs: number, retries: number, random: number): number {
  const full = Math.min(baseMs * 2 ** Math.min(retries, 30), MAX_BACKOFF_MS)
  return Math.round(full / 2 + (full / 2) * random)
}
