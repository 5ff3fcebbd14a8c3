/**
 * How near the port comes to the server's own limit: 128 callers of `append`, against the same
 * script with the same keys and arguments through `redis-cli --pipe`, each on an empty database.
 */
import { readScript } from '../../src/batching/redis/scripts.ts'
import type { Append } from '../../src/batching/store.ts'
import { atLeast, atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { rounds } from '../runner/rounds.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { costOf } from '../stage/cost.ts'
import { appendsOf } from '../stage/messages.ts'
import { recordedAppends } from '../stage/recorded.ts'
import { BenchRedis } from '../stage/redis.ts'
import { openRedis } from '../stage/stores.ts'

export const appendRedis: Bench = {
  name: 'append-redis',
  asks: 'Redis: append through the port against redis-cli --pipe',
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  await using opened = await openRedis(redis.url)
  const { store } = opened
  const appends = appendsOf(scale.of(60_000, 600))
  const sha = String(await redis.admin.script('LOAD', readScript('append')))
  const file = redis.commandFile('append', await recordedAppends(sha, appends))
  const onEmpty = async (work: () => Promise<void>) => {
    await redis.clear()
    return costOf(appends.length, work, redis)
  }
  const measured = await rounds(
    'append',
    scale.of(7, 1),
    {
      pipe: () => onEmpty(() => redis.pipe(file)),
      port: () =>
        onEmpty(() => callers(BUSY, appends.length, (n) => store.append(appends[n] as Append))),
    },
    scale,
  )
  return {
    reaches: [
      {
        what: `Redis: append, ${BUSY} callers, of redis-cli --pipe`,
        limit: atLeast(0.9),
        unit: '×',
        measured: measured.ratio('port', 'pipe', 'perSecond'),
      },
      {
        what: 'Redis: client CPU of an append',
        limit: atMost(30),
        unit: 'µs',
        measured: measured.spread('port', 'clientUs'),
      },
    ],
    note: 'client and server work side by side: the ratio needs two cores that nobody else uses',
    arms: measured.all(),
    pictures: [
      {
        title: 'messages a second',
        unit: '/s',
        bars: [
          { label: 'redis-cli --pipe', spread: measured.spread('pipe', 'perSecond') },
          { label: `port, ${BUSY} callers`, spread: measured.spread('port', 'perSecond') },
        ],
      },
      {
        title: 'CPU of a message',
        unit: 'µs',
        bars: [
          { label: 'port: server', spread: measured.spread('port', 'serverUs') },
          { label: 'port: client', spread: measured.spread('port', 'clientUs') },
        ],
      },
    ],
  }
}
