/**
 * kill -9 of any role at every named point, half of them of a system on Redis and half on SQLite.
 * Whatever was taken is answered once; a part may come twice that was in the air at a kill.
 */
import { crash } from '../../crash/crash.ts'
import { type StoreName, System } from '../../outside/system.ts'
import type { Campaign, CampaignOptions, Outcome } from '../campaign.ts'
import { outcomeOf, together } from '../outcomes.ts'

/** Few people write enough for every point to come soon; the rest of the machine is for starts. */
const PEOPLE = 8
const PATIENCE_S = 60

export const kills: Campaign = {
  name: 'kills',
  row: 'faults 1, 2, 3, 5, 6, 7, 8, 9: kill -9 of any role at any point',
  waits: false,
  count: { quick: 60, full: 1000 },
  run: async (options) => {
    const half = Math.floor(options.count / 2)
    const quarter = Math.floor(half / 2)
    // A process with all roles dies once at a time; two of them keep pace.
    const parts = [
      ['redis', options.count - half],
      ['sqlite', half - quarter],
      ['sqlite', quarter],
    ] as const
    const done = parts.map(() => 0)
    const outcomes = await Promise.all(
      parts.map(([store, runs], n) =>
        killed(store, runs, options, (so) => {
          done[n] = so
          options.onProgress(done.reduce((sum, one) => sum + one, 0))
        }),
      ),
    )
    return together(outcomes)
  },
}

async function killed(
  store: StoreName,
  runs: number,
  { random, signal }: CampaignOptions,
  onKill: (done: number) => void,
): Promise<Outcome> {
  const system = await System.start({ store, people: PEOPLE, random })
  try {
    const enough = new AbortController()
    const writing = system.traffic.run(AbortSignal.any([enough.signal, signal]))
    const { hits } = await crash(system, { runs, random, signal, onKill })
    enough.abort()
    await writing
    await system.settle(PATIENCE_S)
    const points = new Map([...hits].map(([name, n]) => [`${store}: ${name}`, n]))
    const faults = [...hits.values()].reduce((sum, n) => sum + n, 0)
    return await outcomeOf(system, { faults, points })
  } finally {
    await system.clear()
  }
}
