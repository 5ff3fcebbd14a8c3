/**
 * How late batches are sealed: 5 000 of them with random deadlines, while another process writes a
 * thousand messages a second. Against the least that acting in time can cost: as many timers with a
 * PING each, in this process, at the same time.
 *
 * Late is from the deadline, as the store computed it, to the answer of the seal, a fraction of a
 * millisecond exact. The event `batch.sealed` says the same in whole ones and without the seal's
 * own way there and back.
 */
import type { Append, BatchStore } from '../../src/batching/store.ts'
import type { SealedTurn } from '../../src/batching/store-turn.ts'
import type { Clock } from '../../src/clock.ts'
import { Events } from '../../src/observability/events/events.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { rounds } from '../runner/rounds.ts'
import { quantile, spreadOf } from '../runner/statistics.ts'
import { bareTimers } from '../stage/bare-timers.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { appendTo, phoneOf } from '../stage/messages.ts'
import { preciseClock } from '../stage/precise-clock.ts'
import { openProcessor } from '../stage/processor.ts'
import { BenchRedis } from '../stage/redis.ts'
import { quantiles, watchSeals } from '../stage/seal-times.ts'
import { type Opened, openRedis, openSqlite } from '../stage/stores.ts'
import { Writing } from '../stage/writing.ts'

const PER_SECOND = 1000

export const latenessRedis: Bench = {
  name: 'lateness-redis',
  asks: 'Redis: how late batches are sealed, against bare timers',
  run: (scale) =>
    run('Redis', scale, async (redis) => ({
      opened: await openRedis(redis.url),
      url: redis.url,
    })),
}

export const latenessSqlite: Bench = {
  name: 'lateness-sqlite',
  asks: 'SQLite: how late batches are sealed, against bare timers',
  run: (scale) => run('SQLite', scale, async () => ({ opened: await openSqlite(), url: null })),
}

type Make = (redis: BenchRedis) => Promise<{ opened: Opened<BatchStore>; url: string | null }>

async function run(engine: string, scale: Scale, make: Make): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  const round = async () => {
    await redis.clear()
    const { opened, url } = await make(redis)
    await using _ = opened
    return await oneRound(opened.store, url, redis, scale)
  }
  const measured = await rounds('deadlines', scale.of(5, 1), { both: round }, scale)
  const ratios = measured
    .values('both', 'sealP99')
    .map((late, n) => late / (measured.values('both', 'bareP99')[n] ?? 0))
  const bar = (label: string, figure: string) => ({
    label,
    spread: measured.spread('both', figure),
  })
  return {
    reaches: [
      {
        what: `${engine}: p99 of how late a seal is, of bare timers with PING`,
        limit: atMost(3),
        unit: '×',
        measured: spreadOf(ratios),
      },
      {
        what: '  p99 of how late a seal is',
        limit: null,
        unit: 'ms',
        measured: measured.spread('both', 'sealP99'),
      },
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'how late',
        unit: 'ms',
        bars: [
          bar('seal, median', 'sealP50'),
          bar('bare timer, median', 'bareP50'),
          bar('seal, p99', 'sealP99'),
          bar('bare timer, p99', 'bareP99'),
          bar('seal, latest', 'sealMax'),
          bar('bare timer, latest', 'bareMax'),
        ],
      },
    ],
  }
}

async function oneRound(
  store: BatchStore,
  url: string | null,
  redis: BenchRedis,
  scale: Scale,
): Promise<Record<string, number>> {
  const random = seededRandom(3)
  const count = scale.of(5000, 50)
  const clock = preciseClock()
  const sealed = firstSeals(store, count, clock)
  const events = new Events()
  const told: number[] = []
  events.subscribe((name, event) => {
    if (name === 'batch.sealed' && 'latenessMs' in event) told.push(event.latenessMs)
  })
  const take = (append: Append): void => void store.append(append)
  await using _processor = await openProcessor(store, url, events)
  await using _writing = await Writing.start({ perSecond: scale.of(PER_SECOND, 200), url, take })
  const startAt = Date.now() + scale.of(2000, 300)
  const deadlines = Array.from({ length: count }, () =>
    Math.ceil(startAt + random() * scale.of(10_000, 300)),
  )
  await callers(BUSY, count, (n) => {
    const idleMs = (deadlines[n] ?? 0) - Date.now()
    return store.append(appendTo(phoneOf(n), { n, idleMs, random }))
  })
  const bare = await bareTimers(redis.admin, deadlines, clock)
  const late = await sealed
  return {
    ...quantiles('seal', late),
    ...quantiles('bare', bare),
    eventP99: quantile(told, 0.99),
  }
}

/** How late the seals of the first `count` phones were answered, ms; resolves after the last. */
function firstSeals(store: BatchStore, count: number, clock: Clock): Promise<number[]> {
  const late: number[] = []
  const done = Promise.withResolvers<number[]>()
  const last = phoneOf(count)
  const onSeal = ({ conversation }: SealedTurn, lateMs: number): void => {
    if (conversation >= last) return
    late.push(lateMs)
    if (late.length === count) done.resolve(late)
  }
  watchSeals(store, clock, onSeal, done.reject)
  return done.promise
}
