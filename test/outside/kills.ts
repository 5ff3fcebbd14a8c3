/** kill -9 of one that answers people, now and then, and the wait for calm at the end of a run. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Processes } from './processes.ts'

const FIRST_MS = 1000
/** What should not come has this long to come. */
const CALM_MS = 1000

/** From its start until `until`; each is up again before the next one falls. Answers how many fell. */
export async function killNowAndThen(
  processes: Processes,
  everyMs: number,
  dice: () => number,
  until: AbortSignal,
): Promise<number> {
  for (let kills = 0, lifeMs = FIRST_MS; ; kills += 1, lifeMs = everyMs * (0.5 + dice())) {
    await wait(lifeMs, undefined, { signal: until }).catch(() => {})
    if (until.aborted) return kills
    await processes.killOne(dice)
  }
}

/** Until nothing is open and nothing comes any more, or nothing has come for too long. */
export async function calm(
  processes: Processes,
  moved: () => number,
  patienceMs: number,
): Promise<void> {
  let seen = -1
  let seenAt = performance.now()
  while (performance.now() - seenAt < patienceMs) {
    if (moved() !== seen) {
      seen = moved()
      seenAt = performance.now()
    }
    const isCalm = performance.now() - seenAt > CALM_MS
    if (isCalm && (await processes.counts()).open === 0) return
    await wait(100)
  }
}
