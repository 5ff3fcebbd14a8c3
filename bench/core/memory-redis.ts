/**
 * What an open batch takes in Redis beside the bytes of its elements: keys, window, message ids,
 * the place among the deadlines, and what the server adds to each of them.
 */
import type { Append } from '../../src/batching/store.ts'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { rounds } from '../runner/rounds.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { appendsOf, payloadBytes } from '../stage/messages.ts'
import { BenchRedis } from '../stage/redis.ts'
import { openRedis } from '../stage/stores.ts'

const MESSAGES = 3

export const memoryRedis: Bench = {
  name: 'memory-redis',
  asks: 'Redis: memory of an open batch beside its elements',
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  const batches = scale.of(20_000, 200)
  const appends = appendsOf(batches * MESSAGES, { perConversation: MESSAGES })
  const elements = payloadBytes(appends) / batches
  const fill = async () => {
    // A new server each time: what a database has held once, its tables remember.
    await using redis = await BenchRedis.start()
    await using opened = await openRedis(redis.url)
    const { store } = opened
    const before = await redis.usedMemory()
    await callers(BUSY, appends.length, (n) => store.append(appends[n] as Append))
    const all = ((await redis.usedMemory()) - before) / batches
    return { all, elements, beside: all - elements }
  }
  const measured = await rounds('20 000 batches', scale.of(3, 1), { append: fill }, scale)
  return {
    reaches: [
      {
        what: `Redis: memory of an open batch of ${MESSAGES}, beside its elements`,
        limit: atMost(1150),
        unit: 'B',
        measured: measured.spread('append', 'beside'),
      },
    ],
    arms: measured.all(),
    pictures: [
      {
        title: `memory of an open batch of ${MESSAGES} messages`,
        unit: 'B',
        bars: [
          { label: 'all', spread: measured.spread('append', 'all') },
          { label: 'its elements', spread: measured.spread('append', 'elements') },
          { label: 'beside them', spread: measured.spread('append', 'beside') },
        ],
      },
    ],
  }
}
