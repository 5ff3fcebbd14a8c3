/**
 * Redis takes no writes, for want of memory or because it became a replica, while 200 batches are
 * due. None is handed over meanwhile and each is once afterwards; none leaves the books of what waits.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { System } from '../../outside/system.ts'
import type { Campaign, CampaignOptions, Outcome } from '../campaign.ts'
import { outcomeOf, together } from '../outcomes.ts'

const DUE = 200
/** They are all written before the first is due. */
const IDLE_MS = 6000
const REFUSING_MS = 10_000
const PATIENCE_S = 60
const SYSTEMS = 2
const LOOKS_MIN = 5
/** Rounds in which a busy machine did not write in time. */
const LATE_MAX = 5

/** What makes a server refuse writes, and what makes it take them again. */
const REFUSALS = {
  OOM: { on: ['config', 'set', 'maxmemory', '1'], off: ['config', 'set', 'maxmemory', '0'] },
  READONLY: { on: ['replicaof', '127.0.0.1', '1'], off: ['replicaof', 'no', 'one'] },
} as const

export const refusals: Campaign = {
  name: 'refusals',
  row: `faults 26, 27: refused handover (OOM, READONLY) for 10 s with ${DUE} due`,
  waits: true,
  count: { quick: 2, full: 20 },
  run: async (options) => {
    let done = 0
    const systems = Math.min(SYSTEMS, Math.ceil(options.count / 2))
    const outcomes = Array.from({ length: systems }, (_, n) => {
      const rounds = Math.floor((options.count + n) / systems)
      return refused(rounds, options, () => {
        done += 1
        options.onProgress(done)
      })
    })
    return together(await Promise.all(outcomes))
  },
}

async function refused(
  rounds: number,
  { random, signal }: CampaignOptions,
  onRound: () => void,
): Promise<Outcome> {
  const env = { BATCH_TIMEOUT: String(IDLE_MS) }
  const system = await System.start({ store: 'redis', people: 0, random, each: 1, env })
  const admin = adminOf(system)
  const strange: string[] = []
  const points = new Map(Object.keys(REFUSALS).map((name) => [name, 0]))
  let faults = 0
  try {
    for (let round = 0; faults < rounds && round < rounds + LATE_MAX; round += 1) {
      signal.throwIfAborted()
      const name = faults % 2 === 0 ? 'OOM' : 'READONLY'
      const { on, off } = REFUSALS[name]
      const startedAt = performance.now()
      await Promise.all(
        Array.from({ length: DUE }, (_, n) =>
          system.traffic.send(String(79_000_000_000 + n), round),
        ),
      )
      if (performance.now() - startedAt > IDLE_MS) {
        // The machine was too busy to write them in time; some are answered already.
        await system.settle(PATIENCE_S, signal)
        continue
      }
      const before = batchesOf(system)
      await admin.send(on)
      strange.push(...(await watched(system, before, name)))
      await admin.send(off)
      await system.settle(PATIENCE_S, signal)
      const jobs = batchesOf(system) - before
      if (jobs !== DUE) strange.push(`${name}: ${jobs} answers to ${DUE} batches`)
      points.set(name, (points.get(name) ?? 0) + 1)
      faults += 1
      onRound()
    }
    const outcome = await outcomeOf(system, { faults })
    const notes = [...points].map(([name, n]) => `${name} ${n} times`)
    return { ...outcome, broken: [...outcome.broken, ...strange], notes }
  } finally {
    admin.disconnect()
    await system.clear()
  }
}

/** What must not be while writes are refused; ends with the refusal. */
async function watched(system: System, before: number, name: string): Promise<string[]> {
  const strange = new Set<string>()
  let looks = 0
  const until = performance.now() + IDLE_MS + REFUSING_MS
  while (performance.now() < until) {
    // It may be without a connection at the moment: then it says nothing, and is asked again.
    const pending = await system.pending().catch(() => null)
    if (pending !== null) looks += 1
    if (pending !== null && pending !== DUE)
      strange.add(`${name}: ${pending} of ${DUE} waited while it refused`)
    await wait(500)
  }
  if (looks < LOOKS_MIN) strange.add(`${name}: what waits was told ${looks} times only`)
  const answered = batchesOf(system) - before
  if (answered > 0) strange.add(`${name}: ${answered} were answered while it refused`)
  return [...strange]
}

function batchesOf({ sink }: System): number {
  return new Set(sink.deliveries.map(({ partId }) => partId.slice(0, partId.lastIndexOf('.')))).size
}

function adminOf({ redis }: System) {
  if (!redis) throw new Error('there is no Redis')
  const client = redis.client()
  return {
    send: ([command, ...args]: readonly [string, ...string[]]) => client.call(command, ...args),
    disconnect: () => client.disconnect(),
  }
}
