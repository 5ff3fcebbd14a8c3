/**
 * The service as it is run: on Redis a process for each role, on SQLite one for all, between a person,
 * a backend, a bridge and a collector.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { Collector } from './collector.ts'
import { FarEnds } from './far-ends.ts'

export const PERSON = '79001234567'
const SECRET = 'secret-of-those-who-look-at-traces'
const PATH = '/webhook/whatsapp/batched'
const BIN = new URL('../../bin/rapid-fire.js', import.meta.url).pathname

type Line = Readonly<Record<string, unknown>>

export interface SceneOptions {
  readonly store: 'redis' | 'sqlite'
  /** False: no endpoint is set. */
  readonly isTraced?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** The far end is Telegram's too. */
  readonly telegram?: boolean
}

export class Process {
  readonly lines: Line[] = []
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  #came = Promise.withResolvers<void>()

  constructor(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
    const child = spawn(process.execPath, [BIN, 'start', '--json', ...args], {
      env: { PATH: process.env.PATH ?? '', ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    this.#exit = once(child, 'exit')
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line)
      const came = this.#came
      this.#came = Promise.withResolvers<void>()
      came.resolve()
    })
  }

  all(event: string): Line[] {
    return this.lines.filter((line) => line.event === event)
  }

  async until(event: string, count = 1): Promise<Line[]> {
    while (this.all(event).length < count) await this.#came.promise
    return this.all(event)
  }

  /** Answers how long it took, ms. */
  async stop(): Promise<number> {
    const begunAt = performance.now()
    this.#child.kill('SIGTERM')
    await this.#exit
    return performance.now() - begunAt
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  get exit(): Promise<unknown> {
    return this.#exit
  }
}

interface Parts {
  readonly redis: RedisServer | null
  readonly collector: Collector
  readonly ends: FarEnds
  readonly processes: readonly Process[]
  readonly url: string
  readonly dir: string
  readonly env: Readonly<Record<string, string>>
}

export class Scene implements AsyncDisposable {
  readonly redis: RedisServer | null
  readonly collector: Collector
  readonly ends: FarEnds
  /** In the order api, processor, worker; on SQLite one. */
  readonly processes: readonly Process[]
  readonly #url: string
  readonly #dir: string
  readonly #env: Readonly<Record<string, string>>
  readonly #later: Process[] = []
  #said = 0

  private constructor({ redis, collector, ends, processes, url, dir, env }: Parts) {
    this.redis = redis
    this.collector = collector
    this.ends = ends
    this.processes = processes
    this.#url = url
    this.#dir = dir
    this.#env = env
  }

  static async start(options: SceneOptions): Promise<Scene> {
    const { store, isTraced = true, env = {}, telegram = false } = options
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-traces-'))
    const redis = store === 'redis' ? await RedisServer.start() : null
    const collector = await Collector.start()
    const ends = await FarEnds.start()
    const port = String(await freePort())
    const common = {
      ...{ PORT: port, DATA_DIR: join(dir, 'data'), VENOM_SECRET_KEY: SECRET },
      ...{ VENOM_SERVER_URL: ends.url, RESPONDER: 'http', RESPONDER_URL: `${ends.url}/answer` },
      ...{ PART_PAUSE_MIN: '0', PART_PAUSE_MAX: '0', SEND_PER_MINUTE: '0', STORE_RISK: 'accept' },
      ...{ BATCH_TIMEOUT: '60000', MAX_BATCH_SIZE: '5', SPOOL_AFTER: '300' },
      ...(redis && { REDIS_URL: redis.url }),
      ...(telegram && { TELEGRAM_URL: ends.url }),
      ...(isTraced && { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }),
      ...env,
    }
    const roles = redis ? ['api', 'processor', 'worker'] : [null]
    const processes = roles.map(
      (role) => new Process(role === null ? [] : ['--role', role], common, dir),
    )
    const url = `http://127.0.0.1:${port}`
    const scene = new Scene({ redis, collector, ends, processes, url, dir, env: common })
    await Promise.all(processes.map((one) => one.until('role.ready', redis ? 1 : 3)))
    return scene
  }

  get api(): Process {
    return this.processes[0] as Process
  }

  get worker(): Process {
    return this.processes.at(-1) as Process
  }

  /** Another one beside those that are there. */
  another(role: string): Promise<Process> {
    return this.#more(['--role', role], {}, 1)
  }

  /** All roles, after those that were there have stopped. */
  again(env: Readonly<Record<string, string>>): Promise<Process> {
    return this.#more([], env, 3)
  }

  async #more(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    roles: number,
  ): Promise<Process> {
    const one = new Process(args, { ...this.#env, ...env }, this.#dir)
    this.#later.push(one)
    await one.until('role.ready', roles)
    return one
  }

  /** Five of these are a batch. */
  async say(text: string, headers: Readonly<Record<string, string>> = {}): Promise<Line> {
    this.#said += 1
    return this.sayAs(`m${this.#said}`, text, headers)
  }

  async sayAs(
    messageId: string,
    text: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Line> {
    const body = JSON.stringify({ from: PERSON, message: text, messageId })
    const response = await this.post(body, { ...signed(body), ...headers })
    return (await response.json()) as Line
  }

  async sayAll(...texts: string[]): Promise<void> {
    for (const text of texts) await this.say(text)
  }

  post(body: string, headers: Readonly<Record<string, string>>, path = PATH): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.processes, ...this.#later]
    for (const one of all) one.kill()
    await Promise.all(all.map((one) => one.exit))
    await this.redis?.stop()
    await this.collector[Symbol.asyncDispose]()
    await this.ends[Symbol.asyncDispose]()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

export function signed(body: string): Record<string, string> {
  const at = Date.now()
  const signature = createHmac('sha256', SECRET).update(`POST:${PATH}:${at}:${body}`).digest('hex')
  return { 'x-timestamp': String(at), 'x-signature': signature }
}
