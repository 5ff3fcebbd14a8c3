/**
 * Each process has a way of its own to Redis, and one connection after the other is cut there, at a
 * random byte of what is asked or of what is replied. Whoever was cut off does not know what came to
 * pass, asks again, and nothing happens twice: here not even a part.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { System } from '../../outside/system.ts'
import type { FaultyProxy, Side } from '../../support/faulty-proxy.ts'
import type { Campaign } from '../campaign.ts'
import { outcomeOf } from '../outcomes.ts'

const PEOPLE = 12
const PATIENCE_S = 60
/** Most calls and replies are shorter; a cut may be in the middle of the next one too. */
const BYTES_MAX = 4000
/** No byte may come for as long, ms. */
const SILENT_MS = 5000
/** Between two cuts of a process it comes back and works. */
const PAUSE_MS = 150
/** One after the other: nothing goes on. */
const MISSES_MAX = 20
/** No lease may end meanwhile: what is doubled then has no excuse. */
const LEASES = { HANDOVER_LEASE: '2000', WORKER_LEASE: '20000' }

export const cuts: Campaign = {
  name: 'cuts',
  row: 'faults 43, 46: connection cut at a random byte',
  waits: false,
  count: { quick: 200, full: 2000 },
  run: async ({ count, random, signal, onProgress }) => {
    const system = await System.start({
      ...{ store: 'redis', people: PEOPLE, random, env: LEASES, isProxied: true },
    })
    try {
      const enough = new AbortController()
      const writing = system.traffic.run(AbortSignal.any([enough.signal, signal]))
      const points = new Map<string, number>()
      let [begun, done, missed] = [0, 0, 0]
      const cutOn = async (role: string, proxy: FaultyProxy): Promise<void> => {
        while (begun < count && missed < MISSES_MAX && !signal.aborted) {
          begun += 1
          const side: Side = random() < 0.5 ? 'request' : 'reply'
          if (await cutOnce(proxy, side, Math.floor(random() ** 2 * BYTES_MAX))) {
            const name = `${role}, ${side === 'request' ? 'what it asks' : 'what it is told'}`
            points.set(name, (points.get(name) ?? 0) + 1)
            done += 1
            missed = 0
            onProgress(done)
          } else {
            begun -= 1
            missed += 1
          }
          await wait(PAUSE_MS * random())
        }
      }
      const ways = [...system.proxies]
      await Promise.all(ways.map(([{ roles }, proxy]) => cutOn(roles.join(), proxy)))
      enough.abort()
      await writing
      await system.settle(PATIENCE_S, signal)
      return { ...(await outcomeOf(system, { faults: done, points })), allowed: 0 }
    } finally {
      await system.clear()
    }
  },
}

/** False when no byte came to be cut at. */
async function cutOnce(proxy: FaultyProxy, side: Side, afterBytes: number): Promise<boolean> {
  const silent = new AbortController()
  const cut = proxy.cutOnce({ side, afterBytes }).then(() => true)
  const late = wait(SILENT_MS, false, { signal: silent.signal }).catch(() => false)
  const isCut = await Promise.race([cut, late])
  silent.abort()
  if (!isCut) proxy.keepWhole()
  return isCut
}
