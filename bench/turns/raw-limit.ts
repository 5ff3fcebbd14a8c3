/**
 * How near one Node process comes to what Redis can do at all: 128 callers of `append`, one message
 * each to a conversation by chance, against `redis-benchmark`, which runs the same script with the
 * same arguments from C, with as many calls under way. A pipelined SET and PING show what Redis does
 * when it has next to nothing to do.
 *
 * Client and server have a core each in both arms, so the server is what limits the tool, and the
 * share says how far the client keeps it busy. Half is what one process has to reach: with two of
 * them, as roles in separate processes are, Redis is the limit. Every answer is checked by the counts.
 */
import type { Append } from '../../src/batching/store.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { atLeast, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { appendByChance } from '../stage/append-by-chance.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { costOf } from '../stage/cost.ts'
import { appendOf, phoneOf } from '../stage/messages.ts'
import { BenchRedis, type Words } from '../stage/redis.ts'
import { BY_CHANCE, type Requests, redisBenchmark } from '../stage/redis-benchmark.ts'
import { openRedis } from '../stage/stores.ts'

export const rawLimit: Bench = {
  name: 'raw-limit',
  asks: 'Redis: append from one Node process, of what redis-benchmark gets out of the server',
  run,
}

const MESSAGE = { text: 'Привет можно записаться на стрижку завтра', idleMs: 10_000 }
const CONNECTIONS = 8
/** On average, as in the other benches of `append`. */
const PER_CONVERSATION = 3

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  await using opened = await openRedis(redis.url)
  const { store } = opened
  const count = scale.of(60_000, 640)
  const people = Math.ceil(count / PER_CONVERSATION)
  const requests = { count, below: people, connections: CONNECTIONS, atOnce: BUSY / CONNECTIONS }
  const appends = appendsByChance(count, people)
  const append = await appendByChance(redis, MESSAGE)
  const raw = (command: Words) => () => rawCost(redis, command, requests)
  const measured = await rounds(
    'raw limit',
    scale.of(7, 1),
    {
      port: async () => {
        await redis.clear()
        const work = (n: number) => store.append(appends[n] as Append)
        return await counted(redis, count, () =>
          costOf(count, () => callers(BUSY, count, work), redis),
        )
      },
      script: async () => {
        await redis.clear()
        return await counted(redis, count, raw(append))
      },
      set: raw(['SET', `some:${BY_CHANCE}`, appends[0]?.messages[0]?.payload ?? '']),
      ping: raw(['PING']),
    },
    scale,
  )
  const arms = ['ping', 'set', 'script', 'port'] as const
  return {
    reaches: [
      {
        what: `Redis: append, ${BUSY} callers in one process, of redis-benchmark with the same script`,
        limit: atLeast(0.5),
        unit: '×',
        measured: measured.ratio('port', 'script', 'perSecond'),
      },
      {
        what: '  the same script, of a pipelined SET',
        limit: null,
        unit: '×',
        measured: measured.ratio('script', 'set', 'perSecond'),
      },
      ...arms.map((arm) => ({
        what: `  a second: ${arm}`,
        limit: null,
        unit: '',
        measured: measured.spread(arm, 'perSecond'),
      })),
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'calls a second',
        unit: '/s',
        bars: arms.map((label) => ({ label, spread: measured.spread(label, 'perSecond') })),
      },
    ],
    note: `${count} calls to ${people} conversations by chance; redis-benchmark -c ${CONNECTIONS} -P ${requests.atOnce}`,
  }
}

function appendsByChance(count: number, people: number): Append[] {
  const random = seededRandom(7)
  return Array.from({ length: count }, (_, n) =>
    appendOf(phoneOf(Math.floor(random() * people)), { ...MESSAGE, id: `3EB0${n}` }),
  )
}

async function rawCost(redis: BenchRedis, command: Words, requests: Requests): Promise<Figures> {
  const before = await redis.cpuUs()
  const perSecond = await redisBenchmark(redis, command, requests)
  return { perSecond, serverUs: ((await redis.cpuUs()) - before) / requests.count }
}

/** The tool keeps errors to itself; what was not taken is not measured. */
async function counted(
  redis: BenchRedis,
  count: number,
  work: () => Promise<Figures>,
): Promise<Figures> {
  const figures = await work()
  const [accepted, duplicates] = await redis.admin.hmget('rf:n', 'accepted', 'duplicates')
  const taken = Number(accepted) + Number(duplicates)
  if (taken !== count) throw new Error(`${taken} of ${count} appends were taken`)
  return figures
}
