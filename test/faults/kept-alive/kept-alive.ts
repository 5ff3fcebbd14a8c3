/**
 * The service as processes that are started again when they die, as an operator's supervisor does,
 * with a module of the test's as its responder and a sink as its bridge.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call, PATHS } from '../../outside/bridge.ts'
import { Member } from '../../outside/member.ts'
import { Sink } from '../../outside/sink.ts'
import { freePort, RedisServer } from '../../support/redis-server.ts'

const SECRET = 'secret-of-a-supervised-service'
const TOKEN = 'token-of-a-supervised-service'
const PATIENCE_MS = 40_000

export interface Failed {
  readonly phone: string
  readonly reason: string
}

export interface KeptAliveOptions {
  readonly engine: 'redis' | 'sqlite'
  /** On Redis, besides one process with the other roles. */
  readonly workers: number
  /** Of the default export of a module: `async (turn) => { … }`. */
  readonly body: string
  readonly env?: Readonly<Record<string, string>>
}

export class KeptAlive implements AsyncDisposable {
  readonly sink: Sink
  readonly #members: readonly Member[]
  readonly #dir: string
  readonly #redis: RedisServer | null
  #isOver = false
  /** Lives that ended by themselves. */
  deaths = 0

  private constructor(
    dir: string,
    redis: RedisServer | null,
    sink: Sink,
    members: readonly Member[],
  ) {
    this.#dir = dir
    this.#redis = redis
    this.sink = sink
    this.#members = members
  }

  static async start({ engine, workers, body, env }: KeptAliveOptions): Promise<KeptAlive> {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-kept-alive-'))
    const module = join(dir, 'bot.mjs')
    writeFileSync(module, `export default async ({ text }) => {\n${body}\n}\n`)
    const redis = engine === 'redis' ? await RedisServer.start() : null
    const sink = new Sink(join(dir, 'sink.jsonl'))
    await sink.start()
    const common = {
      DATA_DIR: join(dir, 'data'),
      VENOM_SECRET_KEY: SECRET,
      ADMIN_TOKEN: TOKEN,
      RESPONDER: 'module',
      RESPONDER_MODULE: module,
      BATCH_TIMEOUT: '50',
      CHECK_INTERVAL: '50',
      HANDOVER_LEASE: '500',
      WORKER_LEASE: '1000',
      PORT: String(await freePort()),
      ...(redis && { REDIS_URL: redis.url }),
      ...env,
    }
    const member = (name: string, roles: readonly string[]): Member =>
      new Member({ name, roles, env: common, sink })
    const members =
      engine === 'sqlite'
        ? [member('all', ['api', 'processor', 'worker'])]
        : [
            member('front', ['api', 'processor']),
            ...Array.from({ length: workers }, (_, n) => member(`worker${n}`, ['worker'])),
          ]
    const kept = new KeptAlive(dir, redis, sink, members)
    await Promise.all(members.map((one) => one.start()))
    for (const one of members) void kept.#supervise(one)
    return kept
  }

  async #supervise(member: Member): Promise<void> {
    while (!this.#isOver) {
      await member.exit
      if (this.#isOver) return
      this.deaths += 1
      // One that dies before it is ready is started again as well.
      await member.start().catch(() => {})
    }
  }

  /** kill -9 of all at once; each is started again. */
  async killAll(): Promise<void> {
    const exits = this.#members.map((member) => {
      member.kill('SIGKILL')
      return member.exit
    })
    await Promise.all(exits)
  }

  /** To the n-th that has this role. */
  signal(role: 'api' | 'worker', n: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#members.filter(({ roles }) => roles.includes(role))[n]?.kill(signal)
  }

  /** Turns that were somebody else's when their worker wanted to go on. */
  get fenced(): number {
    return this.#members.reduce((sum, { fenced }) => sum + fenced.length, 0)
  }

  get #url(): string {
    return this.#members.find(({ url }) => url !== null)?.url ?? ''
  }

  /** Says it until it is taken. */
  async say(from: string, body: string): Promise<void> {
    await this.until(() => this.post(from, body), body)
  }

  /** True when it was taken; gives up after so long. */
  async post(from: string, body: string, patienceMs?: number): Promise<boolean> {
    const messages = [{ id: body, from, body }]
    return (await call(this.#url, SECRET, PATHS.batched, { messages }, patienceMs)) !== null
  }

  /** What reached a person, in order. */
  heard(phone: string): string[] {
    return this.sink.deliveries.filter(({ to }) => to.startsWith(phone)).map(({ text }) => text)
  }

  async failed(): Promise<readonly Failed[]> {
    try {
      const response = await fetch(`${this.#url}/operator/failed`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      })
      return ((await response.json()) as { batches: Failed[] }).batches
    } catch {
      // Between two lives.
      return []
    }
  }

  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const startedAt = performance.now()
    while (!(await holds())) {
      if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`never: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    for (const member of this.#members) member.kill('SIGKILL')
    await Promise.all(this.#members.map(({ exit }) => exit))
    this.sink.stop()
    await this.#redis?.stop()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
