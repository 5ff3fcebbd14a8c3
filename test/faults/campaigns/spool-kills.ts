/**
 * kill -9 of an API at the points of its spool, while Redis is away and when it is back. What it had
 * told its callers is on its disk, and is brought in by its next life.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Member } from '../../outside/member.ts'
import type { Moment } from '../../outside/moments.ts'
import { System } from '../../outside/system.ts'
import type { CampaignOptions, Outcome } from '../campaign.ts'
import { outcomeOf } from '../outcomes.ts'

interface SpoolPoint {
  readonly name: string
  readonly at: Moment
  /** It is come to while Redis is away, or when it is back. */
  readonly when: 'away' | 'back'
}

export const SPOOL_POINTS: readonly SpoolPoint[] = [
  { name: 'to be kept, not on the disk', at: { call: 'addSoon', when: 'before' }, when: 'away' },
  { name: 'on the disk, not answered', at: { call: 'addSoon', when: 'sent' }, when: 'away' },
  { name: 'in the store, not removed', at: { call: 'remove', when: 'before' }, when: 'back' },
]

const PEOPLE = 8
const PATIENCE_S = 60
const COME_TO_IT_MS = 15_000
/** So long callers are told that it was spooled. */
const SPOOLING_MS = 500
const MISSES_MAX = 10

export async function killAtSpool(
  count: number,
  { random, signal }: CampaignOptions,
  onKill: (done: number) => void,
): Promise<Outcome> {
  const env = { SPOOL_AFTER: '200' }
  const system = await System.start({
    store: 'redis',
    people: PEOPLE,
    calm: 2,
    random,
    each: 1,
    env,
  })
  const points = new Map(SPOOL_POINTS.map(({ name }) => [`spool: ${name}`, 0]))
  try {
    const enough = new AbortController()
    const writing = system.traffic.run(AbortSignal.any([enough.signal, signal]))
    let [done, missed] = [0, 0]
    while (done < count && missed < MISSES_MAX && !signal.aborted) {
      const point = SPOOL_POINTS[done % SPOOL_POINTS.length] as SpoolPoint
      if (await killAt(point, system)) {
        const name = `spool: ${point.name}`
        points.set(name, (points.get(name) ?? 0) + 1)
        done += 1
        onKill(done)
      } else missed += 1
    }
    enough.abort()
    await writing
    await system.settle(PATIENCE_S, signal)
    const outcome = await outcomeOf(system, { faults: done, points })
    const spooled = `${system.traffic.spooled} messages were told to be spooled`
    return { ...outcome, notes: [spooled, ...outcome.notes] }
  } finally {
    await system.clear()
  }
}

async function killAt({ at, when }: SpoolPoint, system: System): Promise<boolean> {
  const [api] = system.of('api') as [Member]
  // An outage of Redis lets leases end: what was in the air then may come again.
  for (const { instance } of system.of('worker')) system.note(instance)
  await system.redis?.down()
  if (when === 'back') await wait(SPOOLING_MS)
  api.order(at)
  if (when === 'back') await system.redis?.up()
  const late = new AbortController()
  const isKilled = await Promise.race([
    api.exit.then(() => true),
    wait(COME_TO_IT_MS, false, { signal: late.signal }).catch(() => false),
  ])
  late.abort()
  if (when === 'away') await system.redis?.up()
  if (isKilled) await api.start()
  else api.order(null)
  return isKilled
}
