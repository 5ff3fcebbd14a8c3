/**
 * How late batches are sealed under load: another process appends 5 000 messages a second, in bursts
 * of five, so that a thousand batches a second fall due, are sealed and handed to BullMQ. Against as
 * many timers with a PING each, in the process of the processor, at the same time.
 *
 * Nobody takes the turns: a worker would need a third core for itself. A round ends before the
 * processor would hand a turn over again.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { BatchStore } from '../../src/batching/store.ts'
import type { SealedTurn } from '../../src/batching/store-turn.ts'
import { Events } from '../../src/observability/events/events.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { spreadOf } from '../runner/statistics.ts'
import { bareTimers } from '../stage/bare-timers.ts'
import { preciseClock } from '../stage/precise-clock.ts'
import { openProcessor } from '../stage/processor.ts'
import { BenchRedis } from '../stage/redis.ts'
import { quantiles, watchSeals } from '../stage/seal-times.ts'
import { openRedis } from '../stage/stores.ts'
import { Writing } from '../stage/writing.ts'

const PER_SECOND = 5000
const BURST = 5
const IDLE_MS = 10_000
/** From a person's first message to the last, and a moment until all of it runs evenly. */
const UNTIL_EVEN_MS = 2500
const MEASURED_MS = 8000

export const latenessLoaded: Bench = {
  name: 'lateness-loaded',
  asks: 'Redis: how late batches are sealed while 5 000 messages a second come',
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  const round = () => oneRound(redis, scale)
  const measured = await rounds('loads', scale.of(5, 1), { loaded: round }, scale)
  const of = (figure: string) => measured.spread('loaded', figure)
  const bare = measured.values('loaded', 'bareP99')
  const ratios = measured.values('loaded', 'sealP99').map((late, n) => late / (bare[n] ?? 0))
  const bar = (label: string, figure: string) => ({ label, spread: of(figure) })
  const shown = (what: string, figure: string, unit: string) => {
    return { what: `  ${what}`, limit: null, unit, measured: of(figure) }
  }
  return {
    reaches: [
      {
        what: 'Redis, loaded: p99 of how late a seal is, of bare timers with PING',
        limit: atMost(3),
        unit: '×',
        measured: spreadOf(ratios),
      },
      {
        what: 'Redis, loaded: the latest seal of a round',
        limit: atMost(250),
        unit: 'ms',
        measured: of('sealMax'),
      },
      shown('p99 of how late a seal is', 'sealP99', 'ms'),
      shown('p99 of the bare timers', 'bareP99', 'ms'),
      shown('messages appended', 'appendedPerSecond', '/s'),
      shown('batches sealed', 'sealedPerSecond', '/s'),
      shown('CPU of the processor, of one core', 'processorCpu', '×'),
      shown('CPU of Redis, of one core', 'serverCpu', '×'),
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'how late, with 5 000 messages a second',
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
    note: `${PER_SECOND} messages a second are asked of the writer; what came of it stands in the table`,
  }
}

async function oneRound(redis: BenchRedis, scale: Scale): Promise<Figures> {
  await redis.clear()
  await using opened = await openRedis(redis.url)
  const { store } = opened
  const clock = preciseClock()
  const late: number[] = []
  const failed = Promise.withResolvers<never>()
  let [from, to] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const onSeal = ({ dueAt }: SealedTurn, lateMs: number): void => {
    if (dueAt >= from && dueAt < to) late.push(lateMs)
  }
  watchSeals(store, clock, onSeal, failed.reject)
  const { url } = redis
  await using _processor = await openProcessor(store, url, new Events())
  const perSecond = scale.of(PER_SECOND, 500)
  const idleMs = scale.of(IDLE_MS, 300)
  await using _writing = await Writing.start({
    perSecond,
    url,
    burst: BURST,
    idleMs,
    take: () => {},
  })
  await pause(idleMs + UNTIL_EVEN_MS)
  from = clock() + 300
  to = from + scale.of(MEASURED_MS, 200)
  const before = await spent(redis, store)
  const timers = deadlinesBetween(from, to, perSecond / BURST)
  const bare = await Promise.race([bareTimers(redis.admin, timers, clock), failed.promise])
  const after = await spent(redis, store)
  const seconds = (after.at - before.at) / 1000
  // Those that were due last have as long as the promise gives them.
  await pause(300)
  return {
    ...quantiles('seal', late),
    ...quantiles('bare', bare),
    appendedPerSecond: (after.accepted - before.accepted) / seconds,
    sealedPerSecond: (late.length / (to - from)) * 1000,
    processorCpu: (after.ownUs - before.ownUs) / seconds / 1e6,
    serverCpu: (after.serverUs - before.serverUs) / seconds / 1e6,
  }
}

interface Spent {
  readonly at: number
  readonly accepted: number
  readonly ownUs: number
  readonly serverUs: number
}

async function spent(redis: BenchRedis, store: BatchStore): Promise<Spent> {
  const { accepted } = await store.counts()
  const { user, system } = process.cpuUsage()
  return { at: performance.now(), accepted, ownUs: user + system, serverUs: await redis.cpuUs() }
}

function deadlinesBetween(from: number, to: number, perSecond: number): number[] {
  const random = seededRandom(4)
  const count = Math.round(((to - from) / 1000) * perSecond)
  return Array.from({ length: count }, () => from + random() * (to - from))
}
