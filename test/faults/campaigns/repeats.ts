/**
 * Providers repeat, overtake themselves and are late: each message comes one to three times, in a
 * random order, up to a minute after it was written, through one or the other of two APIs. Each is
 * answered once, and what is answered together stands in the order in which it was written.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { crowd } from '../../outside/crowd.ts'
import { System } from '../../outside/system.ts'
import type { Written } from '../../outside/traffic.ts'
import type { Campaign } from '../campaign.ts'
import { outcomeOf } from '../outcomes.ts'

const EACH = 5
/** People write for so long, and what they write comes up to a minute later. */
const WRITING_MS = 20_000
const LATE_MS = 60_000
/** A handful of messages is not waited for so long. */
const LATE_MS_PER_MESSAGE = 30
/** A few are so late; most come soon. */
const LATE_SHARE = 0.3
const SOON_MS = 2000
const CALLERS = 48
const PATIENCE_S = 60

interface Call extends Written {
  readonly writtenAt: number
  readonly lateMs: number
  /** After the beginning of the run. */
  readonly atMs: number
}

export const repeats: Campaign = {
  name: 'repeats',
  row: 'faults 59: each message 1 to 3 times, in random order, up to 60 s late',
  waits: false,
  count: { quick: 2000, full: 20_000 },
  run: async ({ count, random, signal, onProgress }) => {
    const roles = { api: 2, processor: 1, worker: 1 }
    const system = await System.start({ store: 'redis', people: 0, random, roles })
    try {
      const latestMs = Math.min(LATE_MS, count * LATE_MS_PER_MESSAGE)
      const calls = callsOf(count, latestMs, random)
      const startedAt = performance.now()
      const taken = new Set<string>()
      await crowd(calls, CALLERS, 0, async (call) => {
        const { person, seq, atMs } = call
        if (signal.aborted) return
        await wait(Math.max(0, atMs - (performance.now() - startedAt)))
        await system.traffic.insist([call])
        taken.add(`${person} ${seq}`)
        onProgress(taken.size)
      })
      await system.settle(PATIENCE_S, signal)
      const repeated = calls.length - count
      const latestS = Math.round(Math.max(...calls.map(({ lateMs }) => lateMs)) / 1000)
      const outcome = await outcomeOf(system, { faults: taken.size, isLate: true })
      return {
        ...outcome,
        notes: [`${calls.length} calls, ${repeated} of them repeats, the latest by ${latestS} s`],
      }
    } finally {
      await system.clear()
    }
  },
}

function callsOf(count: number, latestMs: number, random: () => number): Call[] {
  const now = Date.now()
  const writingMs = Math.min(WRITING_MS, latestMs)
  return Array.from({ length: count }, (_, n) => {
    const [person, seq] = [String(79_000_000_000 + Math.floor(n / EACH)), n % EACH]
    // What a person writes later is written later.
    const writtenMs = Math.floor(((seq + random()) / EACH) * writingMs)
    return Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const lateMs = random() * (random() < LATE_SHARE ? latestMs : Math.min(SOON_MS, latestMs))
      return { person, seq, writtenAt: now + writtenMs, lateMs, atMs: writtenMs + lateMs }
    })
  })
    .flat()
    .sort((a, b) => a.atMs - b.atMs)
}
