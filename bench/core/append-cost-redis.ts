/**
 * What all promises together cost the server: CPU of one `append` against the four writes of the
 * brief (RPUSH, SET, EXPIRE, EXPIRE) in one script. In bulk, where the server reads dozens of calls
 * at once and what is compared is the work alone.
 *
 * One call at a time the packets and the waking of the server are in both, 6 to 26 µs by where the
 * system runs the two processes: that ratio is nearer to 1 and says less, so it is only shown.
 */
import type { Append } from '../../src/batching/store.ts'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { rounds } from '../runner/rounds.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { costOf } from '../stage/cost.ts'
import { FourWrites } from '../stage/four-writes.ts'
import { appendsOf } from '../stage/messages.ts'
import { BenchRedis } from '../stage/redis.ts'
import { openRedis } from '../stage/stores.ts'

export const appendCostRedis: Bench = {
  name: 'append-cost-redis',
  asks: "Redis: server CPU of an append against the brief's four writes",
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  await using opened = await openRedis(redis.url)
  using original = new FourWrites(redis.url)
  const single = appendsOf(scale.of(8000, 200))
  const many = appendsOf(scale.of(40_000, 400))
  const append = (one: Append) => opened.store.append(one)
  const fourWrites = (one: Append) => original.inOneScript(one)
  const by = async (count: number, appends: Append[], call: (one: Append) => Promise<unknown>) => {
    await redis.clear()
    const work = () => callers(count, appends.length, (n) => call(appends[n] as Append))
    return costOf(appends.length, work, redis)
  }
  const measured = await rounds(
    'append',
    scale.of(7, 1),
    {
      append: () => by(1, single, append),
      fourWrites: () => by(1, single, fourWrites),
      appendBusy: () => by(BUSY, many, append),
      fourWritesBusy: () => by(BUSY, many, fourWrites),
    },
    scale,
  )
  return {
    reaches: [
      {
        what: "Redis: server CPU of an append, of the brief's four writes",
        // Twice was aimed at: docs/decisions/0055-what-an-append-costs-redis.md says what the rest is for.
        limit: atMost(4.5),
        unit: '×',
        measured: measured.ratio('appendBusy', 'fourWritesBusy', 'serverUs'),
      },
      {
        what: '  the same, one call at a time',
        limit: null,
        unit: '×',
        measured: measured.ratio('append', 'fourWrites', 'serverUs'),
      },
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'server CPU of a message',
        unit: 'µs',
        bars: [
          { label: 'append', spread: measured.spread('appendBusy', 'serverUs') },
          { label: 'four writes', spread: measured.spread('fourWritesBusy', 'serverUs') },
          { label: 'append, one at a time', spread: measured.spread('append', 'serverUs') },
          {
            label: 'four writes, one at a time',
            spread: measured.spread('fourWrites', 'serverUs'),
          },
        ],
      },
    ],
  }
}
