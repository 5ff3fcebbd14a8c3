/**
 * The power of the disk under the spool is cut while Redis is away and callers are told that their
 * messages are spooled: whatever was told so is there after the cut, and comes in once.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Member } from '../../outside/member.ts'
import { System } from '../../outside/system.ts'
import { PowerDisk } from '../../power/disk.ts'
import { whatIsMissing } from '../../power/needs.ts'
import type { Campaign } from '../campaign.ts'
import { outcomeOf } from '../outcomes.ts'

const PEOPLE = 24
const DISK_MB = 256
const PATIENCE_S = 60
/** Of work with Redis, and then of spooling, before the cut. */
const LIFE_MS = 1000

export const spoolPower: Campaign = {
  name: 'spool-power',
  row: 'fault 55: power cut under the spool while Redis is away',
  waits: true,
  count: { quick: 3, full: 10 },
  missing: async () => whatIsMissing(),
  run: async ({ count, random, signal, onProgress }) => {
    const disk = PowerDisk.make(DISK_MB)
    let system: System | null = null
    try {
      system = await System.start({
        ...{ store: 'redis', people: PEOPLE, random, each: 1, env: { SPOOL_AFTER: '200' } },
        apiDir: disk.dir,
      })
      const [api] = system.of('api') as [Member]
      const enough = new AbortController()
      const writing = system.traffic.run(AbortSignal.any([enough.signal, signal]))
      let faults = 0
      while (faults < count && !signal.aborted) {
        await wait(LIFE_MS * (0.5 + random()))
        for (const { instance } of system.of('worker')) system.note(instance)
        await system.redis?.down()
        const before = system.traffic.spooled
        await wait(LIFE_MS * (0.5 + random()))
        disk.cut([api.pid])
        await api.exit
        disk.back()
        await system.redis?.up()
        await api.start()
        // A cut under a spool that had nothing to keep shows nothing.
        if (system.traffic.spooled === before) continue
        faults += 1
        onProgress(faults)
      }
      enough.abort()
      await writing
      await system.settle(PATIENCE_S, signal)
      const outcome = await outcomeOf(system, { faults })
      const spooled = `${system.traffic.spooled} messages were told to be spooled`
      return { ...outcome, notes: [spooled, ...outcome.notes] }
    } finally {
      await system?.clear()
      disk.remove()
    }
  },
}
