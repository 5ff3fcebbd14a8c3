/**
 * The power of the disk under a whole system on SQLite is cut while people write on: the process that
 * has all roles is gone with it, the file system is checked as at a boot, and the process starts on
 * what is left. The ledger and the sink are on another disk.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { System } from '../../outside/system.ts'
import { PowerDisk } from '../../power/disk.ts'
import { whatIsMissing } from '../../power/needs.ts'
import type { Campaign } from '../campaign.ts'
import { outcomeOf } from '../outcomes.ts'

const PEOPLE = 24
const DISK_MB = 512
const PATIENCE_S = 60
/** Between a start and the next cut. */
const LIFE_MS = 1500

export const power: Campaign = {
  name: 'power',
  row: 'fault 55: power cut under SQLite with the whole product',
  waits: true,
  count: { quick: 3, full: 10 },
  missing: async () => whatIsMissing(),
  run: async ({ count, random, signal, onProgress }) => {
    const disk = PowerDisk.make(DISK_MB)
    let system: System | null = null
    try {
      const env = { DATA_DIR: `${disk.dir}/data` }
      system = await System.start({ store: 'sqlite', people: PEOPLE, random, env })
      const [member] = system.members
      if (!member) throw new Error('nobody is there')
      const enough = new AbortController()
      const writing = system.traffic.run(AbortSignal.any([enough.signal, signal]))
      let faults = 0
      while (faults < count && !signal.aborted) {
        await wait(LIFE_MS * (0.5 + random()))
        const { instance } = member
        // It is frozen, then cut off, and this process stands still meanwhile.
        const cutAt = performance.now()
        disk.cut([member.pid])
        system.note(instance, cutAt)
        await member.exit
        disk.back()
        await member.start()
        faults += 1
        onProgress(faults)
      }
      enough.abort()
      await writing
      await system.settle(PATIENCE_S, signal)
      return await outcomeOf(system, { faults })
    } finally {
      await system?.clear()
      disk.remove()
    }
  },
}
