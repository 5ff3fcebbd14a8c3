/**
 * Times in which a process could do nothing, by its own event loop; a busy machine has many. What a
 * request may take on its way is counted without them: while somebody stands still, nothing arrives.
 */

export interface Stall {
  /** Ms since 1970. */
  readonly from: number
  readonly to: number
}

const LOOK_MS = 50
/** Later than this is no jitter. */
const LATE_MS = 100

/** Calls back after each stall of this process; keeps no process alive. Answers the way to end it. */
export function watchStalls(onStall: (stall: Stall) => void): () => void {
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    const { timeOrigin } = performance
    if (now - last - LOOK_MS > LATE_MS) onStall({ from: timeOrigin + last, to: timeOrigin + now })
    last = now
  }, LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** In order, without overlaps, on the clock of this process. */
export function onOurClock(stalls: readonly Stall[]): Stall[] {
  const { timeOrigin } = performance
  const merged: { from: number; to: number }[] = []
  for (const { from, to } of stalls.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    const mine = { from: from - timeOrigin, to: to - timeOrigin }
    if (last && mine.from <= last.to) last.to = Math.max(last.to, mine.to)
    else merged.push(mine)
  }
  return merged
}

/** When what was sent at `startAt` has arrived at the latest; stalls in order and without overlaps. */
export function endOfWay(startAt: number, wayMs: number, stalls: readonly Stall[]): number {
  let endAt = startAt + wayMs
  for (const { from, to } of stalls) {
    if (from >= endAt) break
    if (to > startAt) endAt += to - Math.max(from, startAt)
  }
  return endAt
}

/** When what arrived at `endAt` was sent at the earliest. */
export function startOfWay(endAt: number, wayMs: number, stalls: readonly Stall[]): number {
  let startAt = endAt - wayMs
  for (const { from, to } of stalls.toReversed()) {
    if (to <= startAt) break
    if (from < endAt) startAt -= Math.min(to, endAt) - from
  }
  return startAt
}

/** For who wonders whether the machine was too busy to say anything. */
export function stallsAsText(stalls: readonly Stall[]): string {
  const longest = Math.max(0, ...stalls.map(({ from, to }) => to - from))
  return `a process stood still ${stalls.length} times, ${Math.round(longest)} ms at the longest`
}
