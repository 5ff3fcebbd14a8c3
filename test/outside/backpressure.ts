/**
 * More people write than are answered: an API and a processor as processes, on a Redis with a bound
 * of its own, and no worker. At MAX_PENDING new people are refused and those with an open batch go
 * on; then two workers come, and everybody who was taken is answered, refused ones as well, who have
 * come again meanwhile.
 *
 * It looks from outside, and into Redis only to know how far the system is. `judge` says what did not
 * hold.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { audit, isClean, type Verdict } from './audit.ts'
import { type Ask, Backend } from './backend.ts'
import { PATHS, signedHeaders } from './bridge.ts'
import { Member } from './member.ts'
import { Sink } from './sink.ts'
import { type Accepted, textOf } from './traffic.ts'

export interface Plan {
  /** MAX_PENDING. */
  readonly bound: number
  /** People who have a turn and an open batch behind it when the bound is reached. */
  readonly talkers: number
  /** Messages of each of them after that. */
  readonly more: number
  /** New people who come when it is full. */
  readonly newcomers: number
  /** WORKER_CONCURRENCY of each of two workers. */
  readonly concurrency: number
  /** How long an answer takes. */
  readonly askMs: number
  readonly maxMemoryMb: number
  /** How long it stays full. */
  readonly heldMs: number
  readonly onStep: (what: string) => void
}

/** How the API answered, and how often: `200`, `503 too_many_pending`. */
type Statuses = Readonly<Record<string, number>>

export interface Report {
  /** Batches that were opened until the first refusal. */
  readonly opened: number
  readonly toNewcomers: Statuses
  /** To one whose only batch is on its way. */
  readonly toUnderWay: Statuses
  readonly toTalkers: Statuses
  /** Refusals without a Retry-After of a second at least. */
  readonly unbounded: number
  readonly evicted: number
  readonly peakBytes: number
  readonly maxBytes: number
  /** Of a batch that waits, with its job: at the bound, and when it had been held. */
  readonly bytesEach: readonly [number, number]
  /** The most askings at a time, by worker. */
  readonly peakAsks: Readonly<Record<string, number>>
  /** What the refused were answered after the workers came, and a new person at the end. */
  readonly taken: Statuses
  readonly troubles: readonly string[]
  readonly verdict: Verdict
}

const SECRET = 'secret-of-those-who-write-too-much'
const CALLERS = 32
const ROUNDS = 3
const AGAIN_MS = 100
const PATIENCE_MS = 120_000
const FULL = '503 too_many_pending'
const FIRST_TALKER = 79_000_000_000
const FIRST_PERSON = 79_100_000_000

/** What did not hold. */
export function judge(plan: Plan, report: Report): string[] {
  const { toNewcomers, toUnderWay, toTalkers, taken, peakAsks, verdict } = report
  const isOnly = (statuses: Statuses, status: string): boolean =>
    Object.keys(statuses).join() === status
  const wrong: (string | false)[] = [
    report.opened !== plan.bound && `${report.opened} batches were opened`,
    !isOnly(toNewcomers, FULL) && `new people got ${JSON.stringify(toNewcomers)}`,
    !isOnly(toUnderWay, FULL) && `who has no open batch got ${JSON.stringify(toUnderWay)}`,
    !isOnly(toTalkers, '200') && `who has an open batch got ${JSON.stringify(toTalkers)}`,
    report.unbounded > 0 && `${report.unbounded} refusals without Retry-After`,
    report.evicted > 0 && `${report.evicted} keys were evicted`,
    report.peakBytes >= report.maxBytes && `Redis had ${report.peakBytes} B`,
    ...Object.entries(peakAsks).map(
      ([name, peak]) => peak > plan.concurrency && `${name} asked for ${peak} answers at a time`,
    ),
    Object.keys(peakAsks).length !== 2 && `${Object.keys(peakAsks)} answered`,
    !taken['200'] && 'nobody was taken when workers were there',
    Object.keys(taken).some((status) => status !== '200' && status !== FULL) &&
      `those who came again got ${JSON.stringify(taken)}`,
    !isClean(verdict) && JSON.stringify(verdict),
    ...report.troubles,
  ]
  return wrong.filter((one) => one !== false)
}

export async function play(plan: Plan): Promise<Report> {
  await using stage = await Stage.start(plan)
  const { people, sink, backend } = stage
  const emptyBytes = await stage.usedBytes()
  plan.onStep(`until ${plan.bound} batches wait`)
  const refused = await fill(plan, stage)
  const opened = people.accepted.length
  const fullBytes = await stage.usedBytes()

  plan.onStep('full')
  const toNewcomers = new Tally()
  for (let round = 0; round < ROUNDS; round += 1) {
    await each(refused, async (one) => toNewcomers.add(await people.say(one)))
  }
  const toUnderWay = new Tally()
  const again = { person: personOf(0), seq: 1 }
  toUnderWay.add(await people.say(again))
  const toTalkers = new Tally()
  await each(talkersOf(plan), async (person) => {
    for (let n = 0; n < plan.more; n += 1) {
      toTalkers.add(await people.say({ person, seq: 2 + n }))
    }
  })
  await wait(plan.heldMs)
  const heldBytes = await stage.usedBytes()

  plan.onStep('workers')
  await stage.startWorkers()
  const taken = new Tally()
  const unheard = [...refused, again]
  await each(unheard, async (one) => {
    for (let status = FULL; status !== '200'; await wait(AGAIN_MS)) {
      status = await people.say(one)
      taken.add(status)
    }
  })
  plan.onStep('the last answers')
  const look = () => audit(people.accepted, sink.deliveries, [])
  await until(async () => look().lost.length === 0, 'everybody is answered')
  return {
    ...{ opened, toNewcomers: toNewcomers.all, toUnderWay: toUnderWay.all },
    ...{ toTalkers: toTalkers.all, taken: taken.all, unbounded: people.unbounded },
    ...(await stage.memory()),
    bytesEach: [(fullBytes - emptyBytes) / plan.bound, (heldBytes - emptyBytes) / plan.bound],
    peakAsks: peakAsks(backend.asks),
    troubles: stage.troubles,
    verdict: look(),
  }
}

/** Answers the first messages of the new people who were refused. */
async function fill({ bound, talkers, newcomers }: Plan, stage: Stage): Promise<Accepted[]> {
  const { people } = stage
  for (const seq of [0, 1]) {
    await each(talkersOf({ talkers }), async (person) => {
      const status = await people.say({ person, seq })
      if (status !== '200') throw new Error(`a talker got ${status}`)
    })
    // The next one opens a batch behind the turn.
    await until(async () => (await stage.turns()) === talkers, 'the talkers have turns')
  }
  const refused: Accepted[] = []
  const first = { length: bound - 2 * talkers + newcomers }
  const all = Array.from(first, (_, n) => ({ person: personOf(n), seq: 0 }))
  await each(all, async (one) => {
    if ((await people.say(one)) !== '200') refused.push(one)
  })
  await until(async () => (await stage.turns()) >= bound - talkers, 'all others have turns')
  return refused
}

const personOf = (n: number): string => String(FIRST_PERSON + n)
const talkersOf = ({ talkers }: Pick<Plan, 'talkers'>): string[] =>
  Array.from({ length: talkers }, (_, n) => String(FIRST_TALKER + n))

class Stage implements AsyncDisposable {
  readonly people: People
  readonly sink: Sink
  readonly backend: Backend
  readonly #redis: RedisServer
  readonly #client: Redis
  readonly #members: readonly Member[]
  readonly #dir: string
  readonly #maxBytes: number

  private constructor(
    redis: RedisServer,
    sink: Sink,
    backend: Backend,
    members: readonly Member[],
    dir: string,
    maxBytes: number,
  ) {
    this.#redis = redis
    this.#client = redis.client()
    this.sink = sink
    this.backend = backend
    this.#members = members
    this.#dir = dir
    this.#maxBytes = maxBytes
    this.people = new People(() => this.#members[0]?.url ?? '')
  }

  /** With an API and a processor at work. */
  static async start({ bound, concurrency, askMs, maxMemoryMb }: Plan): Promise<Stage> {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-backpressure-'))
    const redis = await RedisServer.start(['--maxmemory', `${maxMemoryMb}mb`])
    const sink = new Sink(join(dir, 'sink.jsonl'))
    const backend = new Backend(() => ({ kind: 'answer', afterMs: askMs, parts: 1 }))
    await Promise.all([sink.start(), backend.start()])
    const common = {
      ...{ REDIS_URL: redis.url, VENOM_SECRET_KEY: SECRET, MAX_PENDING: String(bound) },
      ...{ BATCH_TIMEOUT: '100', CHECK_INTERVAL: '250', WORKER_CONCURRENCY: String(concurrency) },
      ...{ PART_PAUSE_MIN: '0', PART_PAUSE_MAX: '0' },
    }
    const port = String(await freePort())
    const named = { api: 'api', processor: 'processor', worker1: 'worker', worker2: 'worker' }
    const members = Object.entries(named).map(([name, role]) => {
      const own = { DATA_DIR: join(dir, name), PORT: role === 'api' ? port : '0' }
      return new Member({ name, roles: [role], env: { ...common, ...own }, sink, backend })
    })
    const maxBytes = maxMemoryMb * 1_048_576
    const stage = new Stage(redis, sink, backend, members, dir, maxBytes)
    try {
      await stage.#start(['api', 'processor'])
      return stage
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
  }

  async #start(roles: readonly string[]): Promise<void> {
    const some = this.#members.filter((member) => member.roles.some((role) => roles.includes(role)))
    await Promise.all(some.map((member) => member.start()))
  }

  startWorkers(): Promise<void> {
    return this.#start(['worker'])
  }

  turns(): Promise<number> {
    return this.#client.zcard('rf:turns')
  }

  usedBytes(): Promise<number> {
    return this.#info('used_memory')
  }

  async memory(): Promise<Pick<Report, 'evicted' | 'peakBytes' | 'maxBytes'>> {
    return {
      evicted: await this.#info('evicted_keys'),
      peakBytes: await this.#info('used_memory_peak'),
      maxBytes: this.#maxBytes,
    }
  }

  async #info(field: string): Promise<number> {
    return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(await this.#client.info())?.[1])
  }

  get troubles(): readonly string[] {
    return this.#members.flatMap(({ troubles }) => troubles)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.#members) member.kill('SIGKILL')
    await Promise.all(this.#members.map(({ exit }) => exit))
    this.sink.stop()
    this.backend.stop()
    this.#client.disconnect()
    await this.#redis.stop()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

/** Who writes, through a bridge that keeps what was refused and comes again with it. */
class People {
  readonly #url: () => string
  readonly accepted: Accepted[] = []
  unbounded = 0

  constructor(url: () => string) {
    this.#url = url
  }

  /** One try; answers the status, with the code where it is a refusal. */
  async say(one: Accepted): Promise<string> {
    const { person, seq } = one
    const body = JSON.stringify({ from: person, message: textOf(one), messageId: `id-${seq}` })
    const headers = signedHeaders(SECRET, PATHS.batched, body)
    const url = this.#url() + PATHS.batched
    const response = await fetch(url, { method: 'POST', headers, body })
    const { code } = (await response.json()) as { code?: string }
    if (response.ok) this.accepted.push(one)
    else if (!(Number(response.headers.get('retry-after')) >= 1)) this.unbounded += 1
    return response.ok ? String(response.status) : `${response.status} ${code}`
  }
}

class Tally {
  readonly all: Record<string, number> = {}

  add(status: string): void {
    this.all[status] = (this.all[status] ?? 0) + 1
  }
}

/** By the worker that asked. */
function peakAsks(asks: readonly Ask[]): Record<string, number> {
  const peaks: Record<string, number> = {}
  for (const [instance, own] of Map.groupBy(asks, ({ instance }) => instance)) {
    const steps = own
      .flatMap(({ at, end }) => [
        { at, by: 1 },
        { at: end?.at ?? Number.POSITIVE_INFINITY, by: -1 },
      ])
      .toSorted((a, b) => a.at - b.at || a.by - b.by)
    let [now, most] = [0, 0]
    for (const { by } of steps) {
      now += by
      most = Math.max(most, now)
    }
    peaks[instance] = most
  }
  return peaks
}

async function each<One>(all: readonly One[], work: (one: One) => Promise<void>): Promise<void> {
  const left = all.values()
  const lane = async (): Promise<void> => {
    for (const one of left) await work(one)
  }
  await Promise.all(Array.from({ length: CALLERS }, lane))
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`it did not come to this: ${what}`)
    await wait(50)
  }
}
