/**
 * What it costs to acknowledge only what a replica has: the same appends to a primary with a replica,
 * alone and from 128 callers at once.
 */
import type { Durability } from '../../src/batching/redis/durability.ts'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import type { Append } from '../../src/batching/store.ts'
import { Deadline } from '../../src/service.ts'
import { RedisServer } from '../../test/support/redis-server.ts'
import type { Bench, Outcome, Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { quantile } from '../runner/statistics.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { appendsOf } from '../stage/messages.ts'
import { BenchRedis } from '../stage/redis.ts'
import { TIMES, TTL_MS } from '../stage/stores.ts'

export const replicaWait: Bench = {
  name: 'replica-wait',
  asks: 'Redis: appends that a replica has before they are acknowledged, against those it may not',
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start(['--repl-diskless-sync-delay', '0'])
  await using _replica = await RedisServer.start(['--replicaof', `127.0.0.1 ${redis.server.port}`])
  await redis.admin.set('followed', '1')
  for (let replicas = 0; replicas < 1; replicas = await redis.admin.wait(1, 1000));
  await using stores = new AsyncDisposableStack()
  const open = async (durability: Durability): Promise<RedisStore> => {
    const target = { url: redis.url }
    const store = new RedisStore({ target, times: TIMES, mirrorMs: TTL_MS, durability })
    await store.start()
    stores.defer(() => store.stop(new Deadline(2000)))
    return store
  }
  const [primary, replica] = [await open('primary'), await open('replica')]
  const many = appendsOf(scale.of(20_000, 300))
  const few = appendsOf(scale.of(1000, 50))
  const arm = (store: RedisStore, count: number, appends: readonly Append[]) => async () => {
    await redis.clear()
    return await timesOf(store, count, appends)
  }
  const arms = {
    'primary, alone': arm(primary, 1, few),
    'replica, alone': arm(replica, 1, few),
    [`primary, ${BUSY} callers`]: arm(primary, BUSY, many),
    [`replica, ${BUSY} callers`]: arm(replica, BUSY, many),
  } as const
  const measured = await rounds('appends', scale.of(7, 1), arms, scale)
  const names = Object.keys(measured.all()) as (keyof typeof arms)[]
  const picture = (title: string, unit: string, figure: string) => ({
    title,
    unit,
    bars: names.map((label) => ({ label, spread: measured.spread(label, figure) })),
  })
  const reach = (
    what: string,
    [replicas, primaries]: readonly [keyof typeof arms, keyof typeof arms],
    figure: string,
  ) => ({ what, limit: null, unit: '×', measured: measured.ratio(replicas, primaries, figure) })
  const alone = ['replica, alone', 'primary, alone'] as const
  const busy = [`replica, ${BUSY} callers`, `primary, ${BUSY} callers`] as const
  return {
    reaches: [
      reach('Redis: time of an append that a replica has, alone, of one it may not', alone, 'p50'),
      reach(`  appends a second from ${BUSY} callers, of those it may not`, busy, 'perSecond'),
    ],
    arms: measured.all(),
    pictures: [
      picture('appends a second', '/s', 'perSecond'),
      picture('time of an append, median', 'ms', 'p50'),
      picture('time of an append, p99', 'ms', 'p99'),
    ],
  }
}

async function timesOf(
  store: RedisStore,
  count: number,
  appends: readonly Append[],
): Promise<Figures> {
  const tookMs: number[] = []
  const startedAt = performance.now()
  await callers(count, appends.length, async (n) => {
    const begunAt = performance.now()
    await store.append(appends[n] as Append)
    tookMs.push(performance.now() - begunAt)
  })
  const perSecond = (appends.length / (performance.now() - startedAt)) * 1000
  return { perSecond, p50: quantile(tookMs, 0.5), p99: quantile(tookMs, 0.99) }
}
