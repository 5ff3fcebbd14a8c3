/** How long to pause between two bubbles, so that they come as a person sends them. */

/**
 * @param random 0 ≤ x < 1
 * @returns whole milliseconds from `minMs` to `maxMs`, both included
 */
export function pauseMs(minMs: number, maxMs: number, random: number): number {
  return minMs + Math.floor((maxMs - minMs + 1) * random)
}
