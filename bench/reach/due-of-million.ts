/**
 * What it costs to hand over what is due (P7): a hundred due batches among a million open ones must
 * take as many commands as among a thousand, and about the server's CPU; a bigger table of keys is
 * slower to walk, which is what the reach leaves room for. Handing over is what a look of the
 * processor asks of the store: `due`, `seal` and `queued`; the queue is not part of it.
 */

import { newBatchId } from '../../src/batching/batch-id.ts'
import type { BatchStore, DueConversation } from '../../src/batching/store.ts'
import type { SealedTurn } from '../../src/batching/store-turn.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { atMost, type Bench, type Outcome, type Reach, type Scale } from '../runner/bench.ts'
import { type Figures, type Rounds, rounds } from '../runner/rounds.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { appendTo, phoneOf } from '../stage/messages.ts'
import { checkPending, fillRedis, fillSqlite, PATIENT } from '../stage/pending.ts'
import { BenchRedis } from '../stage/redis.ts'
import { openRedis, openSqlite } from '../stage/stores.ts'

const FEW = 1000
const MANY = 1_000_000
const DUE = 100
/** As the processor asks. */
const ASK = { limit: 200, soonMs: 1000 }

export const dueRedis: Bench = {
  name: 'due-of-million',
  asks: 'Redis: handing over 100 due of a million open batches against 100 of a thousand',
  async run(scale: Scale): Promise<Outcome> {
    // The mirrors of a million people run out together within minutes, at everybody's cost.
    await using redis = await BenchRedis.start(['--enable-debug-command', 'yes'])
    await redis.admin.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
    const count = scale.of(MANY, FEW)
    await using few = await openRedis(`${redis.url}/1`, PATIENT)
    await using many = await openRedis(`${redis.url}/2`, PATIENT)
    await fillRedis(redis, 1, FEW)
    await fillRedis(redis, 2, count)
    await checkPending(few.store, FEW)
    await checkPending(many.store, count)
    const measured = await compare(few.store, many.store, scale, () => looksOf(redis))
    const reaches = [
      reach('Redis: commands for 100 due of a million open', 'commands', 1, measured),
      reach('Redis: server CPU for 100 due of a million open', 'serverUs', 2.5, measured),
    ]
    return outcome(reaches, 'server CPU', 'serverUs', measured)
  },
}

export const dueSqlite: Bench = {
  name: 'due-of-million-sqlite',
  asks: 'SQLite: the same, CPU alone',
  async run(scale: Scale): Promise<Outcome> {
    const count = scale.of(MANY, FEW)
    await using few = await openSqlite(PATIENT, (database) => fillSqlite(database, FEW))
    await using many = await openSqlite(PATIENT, (database) => fillSqlite(database, count))
    await checkPending(few.store, FEW)
    await checkPending(many.store, count)
    const measured = await compare(few.store, many.store, scale, async () => {
      const { user, system } = process.cpuUsage()
      return { cpuUs: user + system }
    })
    const what = 'SQLite: CPU for 100 due of a million open'
    return outcome([reach(what, 'cpuUs', 2.5, measured)], 'CPU', 'cpuUs', measured)
  },
}

type Arm = 'few' | 'many'
/** What was spent so far. */
type Look = () => Promise<Figures>

function compare(
  few: BatchStore,
  many: BatchStore,
  scale: Scale,
  look: Look,
): Promise<Rounds<Arm>> {
  const turns = scale.of(10, 1)
  const arm = (store: BatchStore) => {
    const people = new Due(store)
    return () => people.handOver(turns, look)
  }
  const arms = { few: arm(few), many: arm(many) }
  return rounds('handing over', scale.of(15, 1), arms, { warmUp: scale.of(2, 0) })
}

/** Two commands of each difference are the look's own, in both arms. */
async function looksOf(redis: BenchRedis): Promise<Figures> {
  return { commands: await redis.commands(), serverUs: await redis.cpuUs() }
}

class Due {
  readonly #store: BatchStore
  readonly #random = seededRandom(7)
  #messages = 0

  constructor(store: BatchStore) {
    this.#store = store
  }

  /** Of so many turns, the spent of one. */
  async handOver(turns: number, look: Look): Promise<Figures> {
    const spent: Record<string, number> = {}
    for (let turn = 0; turn < turns; turn += 1) {
      await this.#write()
      const before = await look()
      const sealed = await this.#lookOnce()
      const after = await look()
      for (const [name, value] of Object.entries(after)) {
        spent[name] = (spent[name] ?? 0) + (value - (before[name] ?? 0)) / turns
      }
      await this.#answer(sealed)
    }
    return spent
  }

  async #write(): Promise<void> {
    await callers(BUSY, DUE, (person) => {
      const n = this.#messages
      this.#messages += 1
      return this.#store.append(appendTo(phoneOf(person), { n, idleMs: 0, random: this.#random }))
    })
  }

  async #lookOnce(): Promise<SealedTurn[]> {
    const { open } = await this.#store.due(ASK)
    const results = await this.#store.seal(open.map(toSeal))
    const turns = results.map((result) => {
      if (result instanceof Error) throw result
      if (result.outcome !== 'sealed') throw new Error(`a due batch was ${result.outcome}`)
      return result.turn
    })
    if (turns.length !== DUE) throw new Error(`${turns.length} of ${DUE} batches were due`)
    await this.#store.queued(turns)
    return turns
  }

  /** So that all turns meet the same store. */
  async #answer(turns: readonly SealedTurn[]): Promise<void> {
    await callers(BUSY, turns.length, async (n) => {
      const turn = turns[n] as SealedTurn
      const begun = await this.#store.begin(turn)
      if (begun.outcome !== 'go') throw new Error(`a turn was ${begun.outcome}`)
      await this.#store.settle({ ...turn, epoch: begun.epoch }, { kind: 'answered' })
    })
  }
}

function toSeal(due: DueConversation) {
  return { ...due, restId: newBatchId() }
}

function reach(what: string, figure: string, limit: number, measured: Rounds<Arm>): Reach {
  return {
    what: `${what}, of a thousand`,
    limit: atMost(limit),
    unit: '×',
    measured: measured.ratio('many', 'few', figure),
  }
}

function outcome(
  reaches: readonly Reach[],
  what: string,
  figure: string,
  measured: Rounds<Arm>,
): Outcome {
  return {
    reaches,
    arms: measured.all(),
    pictures: [
      {
        title: `${what} for handing over 100 batches`,
        unit: 'µs',
        bars: [
          { label: '1000 open', spread: measured.spread('few', figure) },
          { label: '1 000 000 open', spread: measured.spread('many', figure) },
        ],
      },
    ],
  }
}
