/**
 * What more processes do: turns a second through the whole service, beside a writer that offers more
 * than they can take and a responder that says nothing, with one, two and four processors and workers;
 * every turn is waited for at the end, and none may be missing. They share the cores of this machine
 * with the writer and Redis, so on two cores more processes are no faster; that they are not slower
 * either is what can be seen here.
 *
 * And what an idle processor or worker asks of Redis when there are four of them.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { BatchStore, Counts } from '../../src/batching/store.ts'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { spreadOf } from '../runner/statistics.ts'
import { idleCommands } from '../stage/idle-commands.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ServiceProcess } from '../stage/service.ts'
import { openRedis, temporaryFolder } from '../stage/stores.ts'
import { Writing } from '../stage/writing.ts'

const CONSUMERS = ['processor', 'worker'] as const
type ConsumerRole = (typeof CONSUMERS)[number]
const PROCESSES = 4
const BURST = 3
const MESSAGES_PER_SECOND = 3000
const IDLE_MS = 500
/** Cold code costs several times as much. */
const UNTIL_EVEN_MS = 8000
const MEASURED_MS = 6000
/** No turn is answered for so long: what is left never will be. */
const PATIENCE_MS = 20_000
const ARMS = { '1 of each': 1, '2 of each': 2, '4 of each': 4 } as const
type Arm = keyof typeof ARMS
const NAMES = Object.keys(ARMS) as Arm[]

export const manyProcesses: Bench = {
  name: 'many-processes',
  asks: 'Redis: turns a second with 1, 2, 4 processors and workers',
  async run(scale: Scale): Promise<Outcome> {
    await using redis = await BenchRedis.start()
    const arm = (each: number) => () => turnsOf(redis, scale.of(each, 1), scale)
    const arms = { '1 of each': arm(1), '2 of each': arm(2), '4 of each': arm(4) }
    const measured = await rounds('processes', scale.of(3, 1), arms, { warmUp: false })
    const missing = NAMES.flatMap((name) => measured.values(name, 'missing'))
    return {
      reaches: [
        {
          what: 'Redis: messages that many processes left unanswered',
          limit: atMost(0),
          unit: '',
          measured: spreadOf(missing),
        },
        ...NAMES.map((name) => ({
          what: `  turns a second: ${name}`,
          limit: null,
          unit: '/s',
          measured: measured.spread(name, 'turnsPerSecond'),
        })),
        {
          what: '  4 of each, of 1 of each',
          limit: null,
          unit: '×',
          measured: measured.ratio('4 of each', '1 of each', 'turnsPerSecond'),
        },
        ...NAMES.map((name) => ({
          what: `  CPU of processors and workers for a turn: ${name}`,
          limit: null,
          unit: 'µs',
          measured: measured.spread(name, 'cpuUs'),
        })),
      ],
      arms: measured.all(),
      pictures: [
        {
          title: 'turns a second, beside a writer on the same cores',
          unit: '/s',
          bars: NAMES.map((label) => ({
            label,
            spread: measured.spread(label, 'turnsPerSecond'),
          })),
        },
      ],
      note: `${MESSAGES_PER_SECOND} messages a second are offered, in bursts of ${BURST}; each role is a process of its own`,
    }
  },
}

export const manyIdle: Bench = {
  name: 'many-idle',
  asks: 'Redis: commands a second of an idle process, one of four processors or workers',
  async run(scale: Scale): Promise<Outcome> {
    await using redis = await BenchRedis.start()
    const arm = (role: ConsumerRole) => async () => {
      await redis.clear()
      await using consumers = await Consumers.start(
        redis.url,
        Array(scale.of(PROCESSES, 1)).fill(role),
      )
      // What a start does is not what idling does.
      await pause(scale.of(5000, 0))
      const { size: processes } = consumers
      return await idleCommands(redis, { processes, forMs: scale.of(10_000, 200) })
    }
    const arms = { processor: arm('processor'), worker: arm('worker') }
    const measured = await rounds('idle', scale.of(3, 1), arms, { warmUp: false })
    return {
      reaches: CONSUMERS.map((role) => ({
        what: `Redis: commands a second of an idle ${role}, one of ${PROCESSES}`,
        limit: atMost(3),
        unit: '/s',
        measured: measured.spread(role, 'sent'),
      })),
      arms: measured.all(),
      pictures: [
        {
          title: 'commands a second of a process',
          unit: '/s',
          bars: CONSUMERS.map((label) => ({ label, spread: measured.spread(label, 'sent') })),
        },
      ],
    }
  },
}

/** Each a process; they answer nothing to anybody. */
class Consumers implements AsyncDisposable {
  readonly #processes: readonly ServiceProcess[]
  readonly #dir: string

  private constructor(processes: readonly ServiceProcess[], dir: string) {
    this.#processes = processes
    this.#dir = dir
  }

  static async start(url: string, roles: readonly ConsumerRole[]): Promise<Consumers> {
    const dir = temporaryFolder()
    const file = join(dir, 'silent.mjs')
    writeFileSync(file, 'export default () => null\n')
    const env = {
      ...{ RESPONDER: 'module', RESPONDER_MODULE: file, WORKER_CONCURRENCY: '50' },
      ...{ MAX_PENDING: '100000000', RETENTION: '0', LOG_LEVEL: 'info' },
    }
    const processes = await Promise.all(
      roles.map((role) => ServiceProcess.start({ url, roles: [role], env })),
    )
    return new Consumers(processes, dir)
  }

  get size(): number {
    return this.#processes.length
  }

  cpuUs(): number {
    return this.#processes.reduce((sum, one) => sum + one.cpuUs(), 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((one) => one[Symbol.asyncDispose]()))
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

async function turnsOf(redis: BenchRedis, each: number, scale: Scale): Promise<Figures> {
  await redis.clear()
  await using opened = await openRedis(redis.url)
  const { store } = opened
  const roles = CONSUMERS.flatMap((role) => Array<ConsumerRole>(each).fill(role))
  await using consumers = await Consumers.start(redis.url, roles)
  const measured = await whileWriting(redis.url, scale, async () => {
    const before = await spent(store, consumers)
    await pause(scale.of(MEASURED_MS, 300))
    const after = await spent(store, consumers)
    const turns = (after.answered - before.answered) / BURST
    return {
      turnsPerSecond: (turns / (after.at - before.at)) * 1000,
      cpuUs: (after.cpuUs - before.cpuUs) / turns,
    }
  })
  const { accepted, answered } = await allAnswered(store)
  return { ...measured, missing: Math.abs(accepted - answered) }
}

async function whileWriting(
  url: string,
  scale: Scale,
  measure: () => Promise<Figures>,
): Promise<Figures> {
  const perSecond = scale.of(MESSAGES_PER_SECOND, 600)
  const take = (): void => {}
  await using _writing = await Writing.start({
    ...{ perSecond, url, burst: BURST, idleMs: IDLE_MS, take },
  })
  await pause(IDLE_MS + scale.of(UNTIL_EVEN_MS, 700))
  return await measure()
}

async function spent(store: BatchStore, consumers: Consumers) {
  const { answered } = await store.counts()
  return { at: performance.now(), answered, cpuUs: consumers.cpuUs() }
}

/** What is there when all is answered, or nothing was answered for too long. */
async function allAnswered(store: BatchStore): Promise<Counts> {
  let counts = await store.counts()
  for (let quietMs = 0; counts.open > 0 && quietMs < PATIENCE_MS; quietMs += 100) {
    await pause(100)
    const now = await store.counts()
    if (now.answered > counts.answered) quietMs = 0
    counts = now
  }
  return counts
}
