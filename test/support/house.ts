/**
 * The whole service in this process, on either engine, with the test's clock: webhook to reply, over
 * real HTTP. `advance` moves the clock and waits until the processor has looked.
 */
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { loadSettings } from '../../src/config/load.ts'
import { type Gateway, ROLES, type Role, startGateway } from '../../src/gateway.ts'
import { Events } from '../../src/observability/events/events.ts'
import { TestClock } from './clock.ts'
import { EventLog } from './event-log.ts'
import { RedisServer } from './redis-server.ts'

export const ENGINES = ['sqlite', 'redis'] as const
export type Engine = (typeof ENGINES)[number]
export const SECRET = 'acceptance-secret-0123456789'
export const P = '79001234567'

export interface HouseOptions {
  readonly engine: Engine
  readonly env?: Record<string, string>
  /** On the clocks of this machine, not of the test. */
  readonly realTime?: boolean
  /** What the clock of the processes is off by, ms, while the one of the store is right. */
  readonly offByMs?: number
  /** Without a secret. */
  readonly unsigned?: boolean
  readonly roles?: readonly Role[]
  /** Shares the Redis (or the folder) of another house. */
  readonly beside?: House
  /** Contents of `rapid-fire.config.ts`. */
  readonly config?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** One server for all Redis tests of a process; each house has a database of its own. */
let shared: Promise<RedisServer> | null = null
let databases = 0
const MAX_DATABASES = 4096

async function sharedRedis(): Promise<RedisServer> {
  shared ??= RedisServer.start(['--databases', String(MAX_DATABASES)])
  return shared
}

export async function stopSharedRedis(): Promise<void> {
  if (!shared) return
  const server = await shared
  shared = null
  await server.stop()
}

export class House implements AsyncDisposable {
  readonly engine: Engine
  readonly clock: TestClock
  readonly events: EventLog
  readonly gateway: Gateway
  readonly dir: string
  readonly redisUrl: string | null
  readonly #ownsDir: boolean
  readonly #realTime: boolean
  #redis: Redis | null = null
  #queue: Queue | null = null
  #queueConnection: Redis | null = null

  private constructor(
    engine: Engine,
    clock: TestClock,
    events: EventLog,
    gateway: Gateway,
    dir: string,
    redisUrl: string | null,
    ownsDir: boolean,
    realTime: boolean,
  ) {
    this.#realTime = realTime
    this.engine = engine
    this.clock = clock
    this.events = events
    this.gateway = gateway
    this.dir = dir
    this.redisUrl = redisUrl
    this.#ownsDir = ownsDir
  }

  static async start(options: HouseOptions): Promise<House> {
    const { engine, beside, env = {}, roles = ROLES, config, unsigned = false } = options
    const { realTime = false, offByMs = 0 } = options
    const dir = beside?.dir ?? mkdtempSync(join(tmpdir(), 'rapid-fire-house-'))
    if (config) writeFileSync(join(dir, 'rapid-fire.config.ts'), config)
    let redisUrl = beside?.redisUrl ?? env.REDIS_URL ?? null
    if (engine === 'redis' && !redisUrl) {
      const server = await sharedRedis()
      databases += 1
      redisUrl = `${server.url}/${databases}`
    }
    const { settings } = await loadSettings({
      cwd: dir,
      env: {
        PORT: '0',
        DATA_DIR: join(dir, 'data'),
        ...(unsigned ? {} : { VENOM_SECRET_KEY: SECRET }),
        CHECK_INTERVAL: '20',
        // What a house without a processor leaves open stays open.
        STAND_IN: 'off',
        ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
        ...env,
      },
    })
    const events = new Events()
    const log = new EventLog(events)
    const clock = beside?.clock ?? new TestClock()
    const gateway = await startGateway({
      settings,
      roles,
      events,
      ...(realTime ? {} : { clock: () => clock.now() + offByMs, storeClock: clock.now }),
    })
    return new House(engine, clock, log, gateway, dir, redisUrl, !beside, realTime)
  }

  /** A plain client on the database of this house. */
  get redis(): Redis {
    this.#redis ??= new Redis(this.redisUrl ?? '')
    return this.#redis
  }

  /** Jobs that wait on the queue, with the data that a worker of the original reads. */
  async jobs(phone?: string): Promise<Record<string, unknown>[]> {
    this.#queueConnection ??= new Redis(this.redisUrl ?? '')
    this.#queue ??= new Queue('rapid-fire-messages', { connection: this.#queueConnection })
    const jobs = await this.#queue.getJobs()
    return jobs
      .toSorted((a, b) => a.timestamp - b.timestamp)
      .map((job) => job.data as Record<string, unknown>)
      .filter(({ from }) => phone === undefined || from === phone)
  }

  /** The texts that were answered, in order, as the echo gives them back. */
  replies(to?: string): string[] {
    return this.events
      .all('reply.printed')
      .filter((reply) => to === undefined || reply.to.startsWith(to))
      .map(({ part }) => part.text)
  }

  /** The operator's authorization. */
  get token(): Record<string, string> {
    return { authorization: `Bearer ${readFileSync(join(this.dir, 'data/token'), 'utf8').trim()}` }
  }

  /** The time of the store of this house, ms. */
  now(): number {
    return this.#realTime ? Date.now() : this.clock.now()
  }

  headersFor(method: string, path: string, body: string, secret = SECRET): Record<string, string> {
    const timestamp = String(this.now())
    const signature = createHmac('sha256', secret)
      .update(`${method}:${path}:${timestamp}:${body}`)
      .digest('hex')
    return { 'x-timestamp': timestamp, 'x-signature': signature }
  }

  async request(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.gateway.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text ? (JSON.parse(text) as Record<string, unknown>) : {},
    }
  }

  /** Signed, as a bridge does. */
  signed(method: string, path: string, payload?: unknown, secret = SECRET): Promise<Answer> {
    const body = payload === undefined ? undefined : JSON.stringify(payload)
    return this.request(method, path, body, this.headersFor(method, path, body ?? '', secret))
  }

  post(payload: unknown): Promise<Answer> {
    return this.signed('POST', '/webhook/whatsapp/batched', payload)
  }

  /** A text message of a person. */
  say(text: string, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.post({ from: P, message: text, ...more })
  }

  /** Waits until the processor has looked at the store at least once more. */
  async looked(): Promise<void> {
    await this.gateway.store.due({ limit: 1, soonMs: 0 })
    await this.#nextLook()
    await this.#nextLook()
  }

  async #nextLook(): Promise<void> {
    const before = this.events.all('processor.looked').length
    await this.events.until('processor.looked', before + 1)
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.looked()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.stop()
    this.#redis?.disconnect()
    await this.#queue?.close()
    this.#queueConnection?.disconnect()
    if (this.#ownsDir) rmSync(this.dir, { recursive: true, force: true })
  }
}
