/**
 * kill -9 of a Redis with an AOF that is synced every second, which is back after 0.1, 3 or 60 s,
 * while people write on. Nothing that was taken may be gone, and work goes on by itself soon after.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { System } from '../../outside/system.ts'
import type { Campaign, CampaignOptions, Outcome } from '../campaign.ts'
import { outcomeOf, together } from '../outcomes.ts'

const PEOPLE = 8
const PATIENCE_S = 60
/** P18: without a restart, and without anybody's hand. */
const RECOVERY_MS = 30_000
/** Of calm between two deaths. */
const CALM_MS = 1000

/** Of all restarts; those of a minute go side by side. */
const SHARES = [
  { awayMs: 100, share: 0.44, systems: 1 },
  { awayMs: 3000, share: 0.4, systems: 1 },
  { awayMs: 60_000, share: 0.16, systems: 3 },
] as const

export const restarts: Campaign = {
  name: 'restarts',
  row: 'faults 22, 34: Redis killed, AOF everysec, back after 0.1, 3 and 60 s',
  waits: true,
  count: { quick: 8, full: 50 },
  run: async (options) => {
    const plans = plansOf(options.count)
    const done = plans.map(() => 0)
    const outcomes = await Promise.all(
      plans.map(({ awayMs, deaths }, n) =>
        restarted(awayMs, deaths, options, () => {
          done[n] = (done[n] ?? 0) + 1
          options.onProgress(done.reduce((sum, one) => sum + one, 0))
        }),
      ),
    )
    return together(outcomes)
  },
}

interface Plan {
  readonly awayMs: number
  readonly deaths: number
}

/** One entry a system. The longest times away come last, and are left out of a handful. */
export function plansOf(count: number): Plan[] {
  const plans: Plan[] = []
  let left = count
  for (const { awayMs, share, systems } of SHARES) {
    const deaths = Math.min(left, Math.ceil(count * share))
    left -= deaths
    for (let n = 0; n < systems; n += 1) {
      const mine = Math.floor((deaths + n) / systems)
      if (mine > 0) plans.push({ awayMs, deaths: mine })
    }
  }
  return plans
}

async function restarted(
  awayMs: number,
  deaths: number,
  { random, signal }: CampaignOptions,
  onBack: () => void,
): Promise<Outcome> {
  const system = await System.start({ store: 'redis', people: PEOPLE, calm: 4, random, each: 1 })
  const slow: string[] = []
  let [faults, longestMs] = [0, 0]
  try {
    const enough = new AbortController()
    const writing = system.traffic.run(AbortSignal.any([enough.signal, signal]))
    for (let n = 0; n < deaths && !signal.aborted; n += 1) {
      await wait(CALM_MS * (0.5 + random()))
      for (const { instance } of system.of('worker')) system.note(instance)
      await system.redis?.down()
      await wait(awayMs, undefined, { signal }).catch(() => {})
      await system.redis?.up()
      const tookMs = await recovered(system)
      longestMs = Math.max(longestMs, tookMs)
      if (tookMs >= RECOVERY_MS)
        slow.push(`nothing was answered within ${RECOVERY_MS} ms of its return`)
      faults += 1
      onBack()
    }
    enough.abort()
    await writing
    await system.settle(PATIENCE_S, signal)
    const outcome = await outcomeOf(system, { faults })
    const note = `away ${awayMs} ms: ${faults} times, answering again after ${Math.round(longestMs)} ms at most`
    return { ...outcome, broken: [...outcome.broken, ...slow], notes: [note, ...outcome.notes] }
  } finally {
    await system.clear()
  }
}

/** Until somebody has an answer; how long that took. */
async function recovered({ sink }: System): Promise<number> {
  const backAt = performance.now()
  const before = sink.deliveries.length
  while (sink.deliveries.length === before && performance.now() - backAt < RECOVERY_MS) {
    await wait(20)
  }
  return performance.now() - backAt
}
