/**
 * How long the turns of twenty tenants wait while another one has a hundred times as many as each of
 * them, in waves that keep every worker slot busy. Against the same turns with nobody beside them,
 * and with everybody handed over at priority 1, which is first come, first served.
 *
 * The wait is from the deadline of the batch to the call of the responder, which takes a fixed time.
 * What is promised: p95 ≤ 3 × alone + one answer. A running answer is never cut short for another
 * one, and the slots, which a wave fills all at once, get free together: whoever comes first in the
 * line may wait for one whole answer, whatever the queue does. Three times the wait alone is for what
 * else the two share: the look at the store that seals a wave, the connections, this process.
 *
 * Fairness must not be paid with idle slots. So the big one's turns a second with priority are held
 * against those without. Its last wave is due when the others' last turns are, so that in both ways
 * about the same work lies before its end; with everything due at once the others would come
 * after it in one way and before it in the other, and the ratio would tell their share alone.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Responder } from '../../src/responders/responder.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { atLeast, atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, type Rounds, rounds } from '../runner/rounds.ts'
import { quantile, spreadOf } from '../runner/statistics.ts'
import { BUSY, callers } from '../stage/callers.ts'
import {
  BIG,
  type Crowd,
  type PlannedTurn,
  tenantsOf,
  turnsOfBig,
  turnsOfOthers,
} from '../stage/crowd.ts'
import { appendTo } from '../stage/messages.ts'
import { preciseClock } from '../stage/precise-clock.ts'
import { BenchRedis } from '../stage/redis.ts'
import { type TurnTimes, TurnWatch } from '../stage/turn-times.ts'
import { startWholeService } from '../stage/whole-service.ts'

const ANSWER_MS = 40
/** Two hundred answers a second at most; one process has CPU for several times as many. */
const CONCURRENCY = 8
/** No turn is answered for so long: what is left never will be. */
const PATIENCE_MS = 20_000

type Arm = 'alone' | 'priority' | 'none'

export const besideSqlite: Bench = {
  name: 'beside-sqlite',
  asks: 'SQLite: how long few turns wait beside a hundred times as many',
  run: (scale) => run('SQLite', scale, async () => null),
}

export const besideRedis: Bench = {
  name: 'beside-redis',
  asks: 'Redis: how long few turns wait beside a hundred times as many',
  async run(scale) {
    await using redis = await BenchRedis.start()
    return await run('Redis', scale, async () => {
      await redis.clear()
      return redis.url
    })
  },
}

async function run(
  engine: string,
  scale: Scale,
  emptyStore: () => Promise<string | null>,
): Promise<Outcome> {
  const crowd: Crowd = {
    others: scale.of(20, 4),
    turnsEach: scale.of(10, 1),
    overMs: scale.of(5000, 500),
    waves: scale.of(5, 2),
  }
  const arm = (name: Arm) => async () => oneRound(name, crowd, await emptyStore(), scale)
  const arms = { alone: arm('alone'), priority: arm('priority'), none: arm('none') }
  const measured = await rounds('tenants', scale.of(5, 1), arms, scale)
  return outcome(engine, measured)
}

function outcome(engine: string, measured: Rounds<Arm>): Outcome {
  const budgets = measured.values('alone', 'waitP95').map((waitMs) => 3 * waitMs + ANSWER_MS)
  const shares = measured.values('priority', 'waitP95').map((ms, n) => ms / (budgets[n] ?? 0))
  const unanswered = (['alone', 'priority', 'none'] as const).flatMap((arm) =>
    measured.values(arm, 'unanswered'),
  )
  const wait = (what: string, arm: Arm, figure = 'waitP95') => {
    return { what: `  ${what}`, limit: null, unit: 'ms', measured: measured.spread(arm, figure) }
  }
  return {
    reaches: [
      {
        what: `${engine}: p95 of their wait beside the big one, of 3 × alone + one answer`,
        limit: atMost(1),
        unit: '×',
        measured: spreadOf(shares),
      },
      wait('p95 of their wait beside the big one', 'priority'),
      wait('  alone', 'alone'),
      wait('  beside it without priority', 'none'),
      {
        what: `${engine}: turns a second of the big one, of those without priority`,
        limit: atLeast(0.9),
        unit: '×',
        measured: measured.ratio('priority', 'none', 'bigPerSecond'),
      },
      wait('longest wait of the big one', 'priority', 'bigWaitMax'),
      wait('  without priority', 'none', 'bigWaitMax'),
      {
        what: `${engine}: turns never answered`,
        limit: atMost(0),
        unit: '',
        measured: spreadOf(unanswered),
      },
    ],
    arms: measured.all(),
    pictures: [
      picture('how long the others wait for the begin of an answer, median', 'waitP50', measured),
      picture('p95', 'waitP95', measured),
    ],
    note: `an answer takes ${ANSWER_MS} ms, ${CONCURRENCY} at a time; all roles in the process of the bench`,
  }
}

function picture(title: string, figure: string, measured: Rounds<Arm>) {
  const bar = (label: string, arm: Arm) => ({ label, spread: measured.spread(arm, figure) })
  return {
    title,
    unit: 'ms',
    bars: [
      bar('alone', 'alone'),
      bar('beside the big one', 'priority'),
      bar('beside it without priority', 'none'),
    ],
  }
}

async function oneRound(
  arm: Arm,
  crowd: Crowd,
  url: string | null,
  scale: Scale,
): Promise<Figures> {
  const clock = preciseClock()
  const watch = new TurnWatch(clock)
  const responder: Responder = {
    name: 'slow',
    async respond({ batchId }, signal) {
      watch.asked(batchId)
      return await pause(ANSWER_MS, 'Да', { signal })
    },
  }
  const options = { url, tenants: tenantsOf(crowd), concurrency: CONCURRENCY, responder }
  await using service = await startWholeService(options)
  const { store, queue, events } = service.gateway
  watch.watch(store, events)
  if (arm === 'none') {
    const add = queue.add.bind(queue)
    queue.add = (jobs) => add(jobs.map((job) => ({ ...job, priority: 1 })))
  }
  const planned = [...turnsOfOthers(crowd), ...(arm === 'alone' ? [] : turnsOfBig(crowd))]
  // Time to write all of it before the first is due.
  const startAt = Date.now() + scale.of(2000, 500)
  const random = seededRandom(6)
  await callers(BUSY, planned.length, (n) => {
    const { conversation, dueInMs } = planned[n] as PlannedTurn
    const idleMs = Math.ceil(startAt + dueInMs - Date.now())
    return store.append(appendTo(conversation, { n, idleMs, random }))
  })
  const answered = await watch.answered(planned.length, PATIENCE_MS)
  return figuresOf(answered, planned.length)
}

function figuresOf(turns: readonly TurnTimes[], planned: number): Figures {
  const others = turns.filter(({ tenant }) => tenant !== BIG)
  const big = turns.filter(({ tenant }) => tenant === BIG)
  const since = (from: 'dueAt' | 'sealedAt', to: 'sealedAt' | 'askedAt' | 'answeredAt') =>
    others.map((turn) => turn[to] - turn[from])
  const startedAt = Math.min(...turns.map(({ dueAt }) => dueAt))
  const endedAt = Math.max(...turns.map(({ answeredAt }) => answeredAt))
  const slotMs = (endedAt - startedAt) * CONCURRENCY
  return {
    waitP50: quantile(since('dueAt', 'askedAt'), 0.5),
    waitP95: quantile(since('dueAt', 'askedAt'), 0.95),
    waitMax: Math.max(...since('dueAt', 'askedAt')),
    sealedP95: quantile(since('dueAt', 'sealedAt'), 0.95),
    queuedP95: quantile(since('sealedAt', 'askedAt'), 0.95),
    replyP50: quantile(since('dueAt', 'answeredAt'), 0.5),
    replyP95: quantile(since('dueAt', 'answeredAt'), 0.95),
    unanswered: planned - turns.length,
    slotsBusy: (turns.length * ANSWER_MS) / slotMs,
    ...(big.length > 0 && bigFigures(big)),
  }
}

function bigFigures(turns: readonly TurnTimes[]): Figures {
  const startedAt = Math.min(...turns.map(({ dueAt }) => dueAt))
  const endedAt = Math.max(...turns.map(({ answeredAt }) => answeredAt))
  const waits = turns.map(({ askedAt, dueAt }) => askedAt - dueAt)
  return {
    bigPerSecond: (turns.length / (endedAt - startedAt)) * 1000,
    bigWaitP50: quantile(waits, 0.5),
    bigWaitMax: Math.max(...waits),
  }
}
