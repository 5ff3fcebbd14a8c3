/**
 * What it takes in Redis to remember that a message came: bytes an id, with the key it stands in and
 * its places in the server's tables. Written by `append`, the batch discarded: the ids stay.
 *
 * Promised for twenty, four bursts of five within `DEDUPE_WINDOW`. With three the key itself is most
 * of it. Beyond `zset-max-listpack-entries` (128 by default) the server keeps them another way,
 * which is faster to search and takes several times as much.
 */
import type { Append, BatchStore } from '../../src/batching/store.ts'
import { atMost, type Bench, type Outcome, type Reach, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { appendsOf, phoneOf } from '../stage/messages.ts'
import { BenchRedis } from '../stage/redis.ts'
import { openRedis } from '../stage/stores.ts'

const IDS = 24_000
const PROMISED = 20
/** Ids of a person; with more than 128 in one piece as well, as a server may be told to keep them. */
const ARMS = {
  '3 ids': { each: 3, config: [] },
  '20 ids': { each: PROMISED, config: [] },
  '100 ids': { each: 100, config: [] },
  '200 ids': { each: 200, config: [] },
  '200 ids, listpack': { each: 200, config: ['--zset-max-listpack-entries', '256'] },
} as const
type Arm = keyof typeof ARMS
const NAMES = Object.keys(ARMS) as Arm[]

export const memoryIds: Bench = {
  name: 'memory-ids',
  asks: 'Redis: memory of a message id that is remembered',
  async run(scale: Scale): Promise<Outcome> {
    const ids = scale.of(IDS, 600)
    const arms = Object.fromEntries(
      NAMES.map((name) => [name, () => bytesOf(ids, ARMS[name])]),
    ) as Record<Arm, () => Promise<Figures>>
    const measured = await rounds('ids', scale.of(3, 1), arms, { warmUp: false })
    const reaches = NAMES.map((name): Reach => {
      const isPromised = ARMS[name].each === PROMISED
      return {
        what: isPromised
          ? `Redis: memory of an id, of ${PROMISED} of a person`
          : `  of ${name.replace(' ids', '')}`,
        limit: isPromised ? atMost(60) : null,
        unit: 'B',
        measured: measured.spread(name, 'bytes'),
      }
    })
    return {
      reaches,
      arms: measured.all(),
      pictures: [
        {
          title: 'memory of an id, by how many a person has',
          unit: 'B',
          bars: NAMES.map((label) => ({ label, spread: measured.spread(label, 'bytes') })),
        },
      ],
    }
  },
}

async function bytesOf(
  ids: number,
  { each, config }: { readonly each: number; readonly config: readonly string[] },
): Promise<Figures> {
  // A new server each time: what a database has held once, its tables remember.
  await using redis = await BenchRedis.start(config)
  await using opened = await openRedis(redis.url)
  const { store } = opened
  // The scripts are in its memory from here on.
  await remember(store, ids, each)
  const [keysBefore, before] = [await redis.admin.dbsize(), await redis.usedMemory()]
  await callers(BUSY, ids / each, (person) => remember(store, person, each))
  const keys = (await redis.admin.dbsize()) - keysBefore
  if (keys !== ids / each) throw new Error(`${keys} keys of ${ids / each} people`)
  return { bytes: ((await redis.usedMemory()) - before) / ids }
}

async function remember(store: BatchStore, person: number, each: number): Promise<void> {
  const appends = appendsOf(each, { perConversation: each, from: person })
  for (const append of appends) await store.append(append as Append)
  await store.discardOpen(phoneOf(person))
}
