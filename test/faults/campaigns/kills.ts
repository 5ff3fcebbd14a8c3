/**
 * kill -9 of any role at every named point: of the processes of a system on Redis, of the one process
 * of a system on SQLite, of an API with a spool while Redis is away, and of a bridge. Whatever was
 * taken is answered once; a part may come twice that was in the air at a kill.
 */
import { crash, pointsOf } from '../../crash/crash.ts'
import { type StoreName, System } from '../../outside/system.ts'
import { type Campaign, type CampaignOptions, ENOUGH_HITS, type Outcome } from '../campaign.ts'
import { outcomeOf, together } from '../outcomes.ts'
import { BRIDGE_POINTS, killBridges } from './bridge-kills.ts'
import { killAtSpool, SPOOL_POINTS } from './spool-kills.ts'

/** Few people write enough for every point to come soon; the rest of the machine is for starts. */
const PEOPLE = 8
const PATIENCE_S = 60

type Play = (
  count: number,
  options: CampaignOptions,
  onKill: (done: number) => void,
) => Promise<Outcome>

const SYSTEMS: readonly { readonly points: number; readonly play: Play }[] = [
  { points: pointsOf('redis').length, play: (...all) => killed('redis', ...all) },
  { points: pointsOf('sqlite').length, play: (...all) => killed('sqlite', ...all) },
  { points: SPOOL_POINTS.length, play: killAtSpool },
  { points: BRIDGE_POINTS.length, play: killBridges },
]
const POINTS = SYSTEMS.reduce((sum, { points }) => sum + points, 0)

export const kills: Campaign = {
  name: 'kills',
  row: 'faults 1, 2, 3, 4, 5, 6, 7, 8, 9: kill -9 of any role at any point',
  waits: false,
  count: { quick: POINTS, full: POINTS * ENOUGH_HITS },
  run: async (options) => {
    let left = options.count
    const shares = SYSTEMS.map(({ points }) => {
      const share = Math.min(left, Math.ceil((options.count * points) / POINTS))
      left -= share
      return share
    })
    const done = SYSTEMS.map(() => 0)
    const outcomes = SYSTEMS.map(async ({ play }, n) => {
      const count = shares[n] ?? 0
      if (count === 0) return null
      return await play(count, options, (so) => {
        done[n] = so
        options.onProgress(done.reduce((sum, one) => sum + one, 0))
      })
    })
    return together((await Promise.all(outcomes)).filter((one) => one !== null))
  },
}

async function killed(
  store: StoreName,
  runs: number,
  { random, signal }: CampaignOptions,
  onKill: (done: number) => void,
): Promise<Outcome> {
  const system = await System.start({ store, people: PEOPLE, calm: 2, random })
  try {
    const enough = new AbortController()
    const writing = system.traffic.run(AbortSignal.any([enough.signal, signal]))
    const { hits } = await crash(system, { runs, random, signal, onKill })
    enough.abort()
    await writing
    await system.settle(PATIENCE_S, signal)
    const points = new Map([...hits].map(([name, n]) => [`${store}: ${name}`, n]))
    const faults = [...hits.values()].reduce((sum, n) => sum + n, 0)
    return await outcomeOf(system, { faults, points })
  } finally {
    await system.clear()
  }
}
