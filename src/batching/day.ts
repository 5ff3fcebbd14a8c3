/** Days of the store's clock, as accounts are kept by. */
const DAY_MS = 86_400_000

/** Days since 1970, UTC. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY_MS)
}
