/**
 * 10 000 batches are due at the same moment, and two, three or four processors start on them
 * together: each is sealed by one of them, handed over once and answered once.
 */
import { System } from '../../outside/system.ts'
import type { Written } from '../../outside/traffic.ts'
import type { Campaign } from '../campaign.ts'
import { outcomeOf } from '../outcomes.ts'

const PEOPLE = 10_000
const PROCESSORS_MAX = 4
const PER_CALL = 100
const CALLERS = 4
const PATIENCE_S = 60

export const rush: Campaign = {
  name: 'rush',
  row: 'faults 61, 62: two to four processors, 10 000 due at once',
  waits: false,
  count: { quick: 1, full: 20 },
  run: async ({ count, random, signal, onProgress }) => {
    const system = await System.prepare({
      ...{ store: 'redis', people: 0, random },
      roles: { api: 1, processor: PROCESSORS_MAX, worker: 2 },
      // One part each, and leases that end only with a death: here nobody dies.
      env: {
        ANSWER_PARTS: '1',
        WORKER_CONCURRENCY: '100',
        HANDOVER_LEASE: '30000',
        WORKER_LEASE: '30000',
      },
    })
    try {
      await Promise.all([...system.of('api'), ...system.of('worker')].map((one) => one.start()))
      const strange: string[] = []
      let faults = 0
      for (let round = 0; round < count && !signal.aborted; round += 1) {
        await writeAll(system, round)
        const processors = system.of('processor').slice(0, 2 + (round % (PROCESSORS_MAX - 1)))
        await Promise.all(processors.map((one) => one.start()))
        await system.settle(PATIENCE_S, signal)
        await Promise.all(processors.map((one) => one.stop()))
        faults += 1
        onProgress(faults)
      }
      const { deliveries } = system.sink
      const answers = new Set(deliveries.map(({ partId }) => partId)).size
      if (answers !== faults * PEOPLE)
        strange.push(`${answers} answers to ${faults * PEOPLE} batches`)
      const outcome = await outcomeOf(system, { faults })
      return { ...outcome, allowed: 0, broken: [...outcome.broken, ...strange] }
    } finally {
      await system.clear()
    }
  },
}

async function writeAll({ traffic }: System, seq: number): Promise<void> {
  const calls = Array.from({ length: PEOPLE / PER_CALL }, (_, call): Written[] =>
    Array.from({ length: PER_CALL }, (_, n) => ({
      ...{ person: String(79_000_000_000 + call * PER_CALL + n), seq },
    })),
  ).values()
  const caller = async (): Promise<void> => {
    for (const messages of calls) await traffic.insist(messages)
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}
