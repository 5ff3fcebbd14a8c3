/**
 * What an answered batch leaves in Redis for ever: nothing. A processor and a worker answer batches
 * of three by echo; when `RETENTION` has passed, all that still bears an end has its end brought
 * forward, as the ids of the messages, which are remembered for a day. What is there after that and
 * was not before would stay for ever.
 *
 * The round before those that count fills what has a bound of its own, as BullMQ's list of events.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Append, BatchStore } from '../../src/batching/store.ts'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { appendsOf } from '../stage/messages.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ServiceProcess } from '../stage/service.ts'
import { openRedis } from '../stage/stores.ts'

const MESSAGES = 3
const RETENTION_S = 1
/** Nothing of an answered batch is kept longer: its ids, a day and what a clock may be off by. */
const LONGEST_MS = 25 * 3_600_000
/** BullMQ keeps about ten thousand, more or fewer by some hundred, which take a byte or two a batch. */
const EVENTS = 'bull:rapid-fire-messages:events'
/** As `PTTL` says it. */
const ENDLESS = -1
const PATIENCE_MS = 60_000
/** So that the server's tables have shrunk, and the buffers of its clients. */
const CALM_MS = 3000

export const memoryAnswered: Bench = {
  name: 'memory-answered',
  asks: 'Redis: what an answered batch leaves behind when its time is over',
  async run(scale: Scale): Promise<Outcome> {
    await using stack = new AsyncDisposableStack()
    const redis = stack.use(await BenchRedis.start())
    const { store } = stack.use(await openRedis(redis.url))
    const env = { RETENTION: String(RETENTION_S), WORKER_CONCURRENCY: '50', BATCH_TIMEOUT: '0' }
    const start = async (role: 'processor' | 'worker') =>
      stack.use(await ServiceProcess.start({ url: redis.url, roles: [role], env }))
    await start('processor')
    await start('worker')
    const batches = scale.of(5000, 30)
    let left: Left | null = null
    let first = 0
    const answered = async (): Promise<Figures> => {
      left ??= await leftIn(redis, scale)
      await answer(redis.admin, store, { batches, first })
      first += batches
      const held = await leftIn(redis, scale)
      await bringForward(redis.admin)
      const before = left
      left = await leftIn(redis, scale)
      return {
        keys: left.keys - before.keys,
        bytes: Math.round((left.bytes - before.bytes) / batches),
        heldBytes: (held.bytes - before.bytes) / batches,
      }
    }
    const measured = await rounds('thousands', scale.of(3, 1), { answered }, { warmUp: 1 })
    const [keys, bytes] = [
      measured.spread('answered', 'keys'),
      measured.spread('answered', 'bytes'),
    ]
    const held = measured.spread('answered', 'heldBytes')
    return {
      reaches: [
        {
          what: `Redis: keys that ${batches} answered batches leave`,
          limit: atMost(0),
          unit: '',
          measured: keys,
        },
        {
          // No key of it is left; the tables of the server settle to a byte or two more or less.
          what: 'Redis: memory that an answered batch leaves',
          limit: atMost(2),
          unit: 'B',
          measured: bytes,
        },
        {
          what: `  while its ${MESSAGES} ids are remembered`,
          limit: null,
          unit: 'B',
          measured: held,
        },
      ],
      arms: measured.all(),
      pictures: [
        {
          title: `memory of an answered batch of ${MESSAGES}, after its retention`,
          unit: 'B',
          bars: [
            { label: 'while its ids are remembered', spread: held },
            { label: 'after that', spread: bytes },
          ],
        },
      ],
    }
  },
}

interface Left {
  readonly keys: number
  readonly bytes: number
}

/** Keys without an end, and the memory of all but BullMQ's events. */
async function leftIn(redis: BenchRedis, scale: Scale): Promise<Left> {
  await pause(RETENTION_S * 1000 + scale.of(CALM_MS, 200))
  // A look at each of them: what is over is gone then, and not when the server finds it by chance.
  const ends = await endsIn(redis.admin)
  const keys = ends.filter(([, leftMs]) => leftMs === ENDLESS).length
  const events = Number((await redis.admin.memory('USAGE', EVENTS, 'SAMPLES', 0)) ?? 0)
  return { keys, bytes: (await redis.usedMemory()) - events }
}

async function answer(
  redis: Redis,
  store: BatchStore,
  { batches, first }: { readonly batches: number; readonly first: number },
): Promise<void> {
  const answeredBefore = await answeredOf(redis)
  const perConversation = MESSAGES
  const appends = appendsOf(batches * MESSAGES, { perConversation, from: first, idleMs: 1000 })
  await callers(BUSY, appends.length, (n) => store.append(appends[n] as Append))
  const wanted = answeredBefore + appends.length
  for (let waited = 0; (await answeredOf(redis)) < wanted; waited += 100) {
    if (waited > PATIENCE_MS) throw new Error(`not all of ${wanted} messages were answered`)
    await pause(100)
  }
}

async function answeredOf(redis: Redis): Promise<number> {
  return Number((await redis.hget('rf:n', 'answered')) ?? 0)
}

/** Whatever ends by itself, and soon enough, ends now. */
async function bringForward(redis: Redis): Promise<void> {
  const ends = (await endsIn(redis)).filter(([, leftMs]) => leftMs !== ENDLESS)
  await callers(BUSY, ends.length, async (n) => {
    const [key = '', leftMs = 0] = ends[n] ?? []
    if (leftMs > LONGEST_MS) throw new Error(`${key} is kept for ${leftMs} ms more`)
    await redis.del(key)
  })
}

/** Of each key, how long it is still kept. */
async function endsIn(redis: Redis): Promise<(readonly [string, number])[]> {
  const names = new Set<string>()
  for await (const page of redis.scanStream({ count: 1000 })) {
    for (const name of page as string[]) names.add(name)
  }
  const keys = [...names]
  const ends = new Map<string, number>()
  await callers(BUSY, keys.length, async (n) => {
    const key = keys[n] ?? ''
    ends.set(key, await redis.pttl(key))
  })
  return [...ends]
}
