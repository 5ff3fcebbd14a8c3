/** For each alert what is done to make it fire, and what makes it stop. */
import { MEMORY_BOUND, type Stage } from './stage.ts'

export interface Fault {
  readonly title: string
  /** What has to fire while it lasts. */
  readonly alerts: readonly string[]
  /** What has to fire when it is over, by what it left behind. */
  readonly afterwards?: readonly string[]
  /** Part of the short form. */
  readonly isQuick?: true
  readonly cause: (stage: Stage) => Promise<unknown>
  readonly cure: (stage: Stage) => Promise<unknown>
}

/** Of what Redis has in use; the alert is at 80 %. */
const NEARLY_FULL = 1.12
const BALLAST = 'ballast'
const BALLAST_BYTES = 64 * 1024 * 1024
const PAGE = 200
const DISCARDED_WITHIN_MS = 30_000

export const FAULTS: readonly Fault[] = [
  {
    title: 'somebody writes into the books',
    alerts: ['RapidFireBooksDoNotAddUp'],
    isQuick: true,
    cause: (stage) => stage.redis('HINCRBY', 'rf:n', 'accepted', '7'),
    cure: (stage) => stage.redis('HINCRBY', 'rf:n', 'accepted', '-7'),
  },
  {
    title: 'a worker with another window is started',
    alerts: ['RapidFireRolesDisagree'],
    cause: (stage) => stage.member('worker2').start(),
    cure: (stage) => stage.member('worker2').stop(),
  },
  {
    title: 'maxmemory is hardly more than is used',
    alerts: ['RapidFireRedisMemory'],
    isQuick: true,
    cause: async (stage) => {
      // So that what is left is more than people write meanwhile.
      await stage.redis('SETRANGE', BALLAST, String(BALLAST_BYTES), 'x')
      const used = /used_memory:(\d+)/.exec(String(await stage.redis('INFO', 'memory')))?.[1]
      const bound = Math.round(Number(used) * NEARLY_FULL)
      await stage.redis('CONFIG', 'SET', 'maxmemory', String(bound))
    },
    cure: async (stage) => {
      await stage.redis('CONFIG', 'SET', 'maxmemory', MEMORY_BOUND)
      await stage.redis('DEL', BALLAST)
    },
  },
  {
    title: 'the provider refuses every part',
    alerts: ['RapidFireAnswersFailing', 'RapidFireFailedBatches'],
    cause: async ({ system }) => {
      system.sink.refusing = 400
    },
    cure: async ({ system, prometheus }) => {
      system.sink.refusing = null
      // What was in the air is given up a moment later.
      await prometheus.until(async () => {
        await discardFailed(system)
        const [failed] = await prometheus.query('max(rapid_fire_failed_batches)')
        return failed?.value === 0
      }, DISCARDED_WITHIN_MS)
    },
  },
  {
    title: 'the worker is killed',
    alerts: ['RapidFireNoWorker', 'RapidFireProcessDown', 'RapidFireQueueBacklog'],
    cause: (stage) => stage.kill('worker1'),
    cure: (stage) => stage.member('worker1').start(),
  },
  {
    title: 'the processor is killed, and no API may stand in',
    alerts: ['RapidFireNoProcessor', 'RapidFireProcessDown', 'RapidFireOverdue'],
    // What had waited is sealed at once, long after it was due.
    afterwards: ['RapidFireLate'],
    cause: (stage) => stage.kill('processor1'),
    cure: (stage) => stage.member('processor1').start(),
  },
  {
    title: 'the API is killed',
    alerts: ['RapidFireNoApi', 'RapidFireProcessDown'],
    cause: (stage) => stage.kill('api1'),
    cure: (stage) => stage.member('api1').start(),
  },
  {
    title: 'Redis is down',
    alerts: ['RapidFireStoreAway', 'RapidFireSpoolGrowing'],
    cause: ({ system }) => system.redis?.down() ?? Promise.resolve(),
    cure: async (stage) => {
      await stage.system.redis?.up()
      await stage.redis('CONFIG', 'SET', 'maxmemory', MEMORY_BOUND)
    },
  },
  {
    title: 'all are killed',
    alerts: ['RapidFireSilent'],
    cause: (stage) =>
      Promise.all([stage.kill('api1'), stage.kill('processor1'), stage.kill('worker1')]),
    cure: (stage) =>
      Promise.all(
        (['api1', 'processor1', 'worker1'] as const).map((name) => stage.member(name).start()),
      ),
  },
]

/** As `npx rapid-fire failed --discard all` does. */
async function discardFailed({ operator }: Stage['system']): Promise<void> {
  for (;;) {
    const { batches } = await operator.failed({ offset: 0, limit: PAGE })
    if (batches.length === 0) return
    for (const { batchId } of batches) await operator.discardFailed(batchId)
  }
}
