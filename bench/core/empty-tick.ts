/**
 * What a look at the store costs when nothing is due (P7): with a million open batches it must cost
 * what it costs with ten. On Redis the server's CPU counts, on SQLite that of the call.
 */
import type { BatchStore } from '../../src/batching/store.ts'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Rounds, rounds } from '../runner/rounds.ts'
import { callers } from '../stage/callers.ts'
import { costOf } from '../stage/cost.ts'
import { checkPending, fillRedis, fillSqlite, PATIENT } from '../stage/pending.ts'
import { BenchRedis } from '../stage/redis.ts'
import { openRedis, openSqlite } from '../stage/stores.ts'

const FEW = 10
const MANY = 1_000_000
/** As the processor asks. */
const ASK = { limit: 200, soonMs: 1000 }

export const tickRedis: Bench = {
  name: 'tick-redis',
  asks: 'Redis: an empty look at a million open batches against ten',
  async run(scale: Scale): Promise<Outcome> {
    await using redis = await BenchRedis.start()
    const count = scale.of(MANY, 1000)
    await using few = await openRedis(`${redis.url}/1`, PATIENT)
    await using many = await openRedis(`${redis.url}/2`, PATIENT)
    await fillRedis(redis, 1, FEW)
    await fillRedis(redis, 2, count)
    await checkPending(few.store, FEW)
    await checkPending(many.store, count)
    const looks = scale.of(10_000, 100)
    const look = (store: BatchStore) => () => costOf(looks, () => lookAt(store, looks), redis)
    const arms = { few: look(few.store), many: look(many.store) }
    const measured = await rounds('empty looks', scale.of(9, 1), arms, scale)
    return outcome('Redis', 'server CPU', 'serverUs', measured)
  },
}

export const tickSqlite: Bench = {
  name: 'tick-sqlite',
  asks: 'SQLite: an empty look at a million open batches against ten',
  async run(scale: Scale): Promise<Outcome> {
    const count = scale.of(MANY, 1000)
    await using few = await openSqlite(PATIENT, (database) => fillSqlite(database, FEW))
    await using many = await openSqlite(PATIENT, (database) => fillSqlite(database, count))
    await checkPending(few.store, FEW)
    await checkPending(many.store, count)
    const looks = scale.of(20_000, 100)
    const look = (store: BatchStore) => () => costOf(looks, () => lookAt(store, looks))
    const arms = { few: look(few.store), many: look(many.store) }
    const measured = await rounds('empty looks', scale.of(9, 1), arms, scale)
    return outcome('SQLite', 'CPU', 'clientUs', measured)
  },
}

async function lookAt(store: BatchStore, looks: number): Promise<void> {
  await callers(1, looks, async () => {
    const { open, turns } = await store.due(ASK)
    if (open.length + turns.length > 0) throw new Error('something was due')
  })
}

function outcome(
  engine: string,
  what: string,
  figure: string,
  measured: Rounds<'few' | 'many'>,
): Outcome {
  return {
    reaches: [
      {
        what: `${engine}: ${what} of an empty look, a million open, of ten open`,
        limit: atMost(1.2),
        unit: '×',
        measured: measured.ratio('many', 'few', figure),
      },
    ],
    arms: measured.all(),
    pictures: [
      {
        title: `${what} of an empty look`,
        unit: 'µs',
        bars: [
          { label: '10 open', spread: measured.spread('few', figure) },
          { label: '1 000 000 open', spread: measured.spread('many', figure) },
        ],
      },
    ],
  }
}
