/**
 * The brief's own way against ours: how many messages a second 128 callers get rid of while nothing,
 * ten thousand and a hundred thousand batches wait and a processor looks after them.
 */
import type { Append } from '../../src/batching/store.ts'
import { atLeast, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { costOf } from '../stage/cost.ts'
import { appendsOf } from '../stage/messages.ts'
import { BenchRedis } from '../stage/redis.ts'
import { WAYS, type WayName } from '../stage/ways.ts'

export const PENDING = [0, 10_000, 100_000] as const
/** As in the brief; longer than a round, so that nothing gets due meanwhile. */
const IDLE_MS = 10_000

export const originalIntake: Bench = {
  name: 'original-intake',
  asks: "Redis: messages taken while many wait, ours against the brief's own way",
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  const appends = appendsOf(scale.of(60_000, 300))
  const take = (way: WayName, pending: number) => async (): Promise<Figures> => {
    const waiting = { pending: scale.of(pending, pending / 1000), idleMs: IDLE_MS }
    await using opened = await WAYS[way](redis, waiting)
    const work = (n: number) => opened.append(appends[n] as Append)
    return await costOf(appends.length, () => callers(BUSY, appends.length, work), redis)
  }
  const pendings = PENDING.slice(0, scale.of(PENDING.length, 1))
  const arms: Record<string, () => Promise<Figures>> = {}
  for (const pending of pendings) {
    arms[`original ${pending}`] = take('original', pending)
    arms[`ours ${pending}`] = take('ours', pending)
  }
  const measured = await rounds('ways', scale.of(3, 1), arms, scale)
  return {
    reaches: pendings.map((pending) => ({
      what: `ours: messages a second with ${pending} pending, of the original's`,
      limit: atLeast(1),
      unit: '×',
      measured: measured.ratio(`ours ${pending}`, `original ${pending}`, 'perSecond'),
    })),
    arms: measured.all(),
    pictures: [
      {
        title: 'messages a second',
        unit: '/s',
        bars: Object.keys(arms).map((arm) => ({
          label: `${arm} pending`,
          spread: measured.spread(arm, 'perSecond'),
        })),
      },
    ],
  }
}
