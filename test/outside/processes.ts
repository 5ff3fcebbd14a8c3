/**
 * The product as processes with a backend and a sink of ours around it: on SQLite one process with
 * all roles, on Redis an API, a processor and two workers. Two tenants, one for each way to treat a
 * message that comes while an answer is made. Kills are noted, so that what was in the air is known.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, RedisServer } from '../support/redis-server.ts'
import type { Interruption } from './audit.ts'
import type { Backend } from './backend.ts'
import { Member } from './member.ts'
import type { MoodySink } from './moody-sink.ts'
import { onOurClock, type Stall, watchStalls } from './stalls.ts'
import type { StoreName } from './system.ts'

export const SECRET = 'secret-of-those-who-look-from-outside'
const TOKEN = 'token-of-those-who-look-from-outside'
/** WHILE_ANSWERING, and the tenant that has it. */
export const MODES = ['collect', 'interrupt'] as const
export type Mode = (typeof MODES)[number]

const CONFIG = `export default { tenants: { ${MODES.map(
  (mode) => `${mode}: { whileAnswering: '${mode}' }`,
).join(', ')} } }\n`

/** A restart of a process that was killed takes no longer, ms. */
const CALL_MS = 5000

export interface ProcessesOptions {
  readonly store: StoreName
  readonly backend: Backend
  readonly sink: MoodySink
  readonly env: Readonly<Record<string, string>>
}

export interface Counts {
  readonly accepted: number
  readonly answered: number
  readonly failed: number
  readonly open: number
}

export interface BatchSeen {
  readonly batchId: string
  readonly phone: string
  readonly companyId: string
  readonly size: number
  readonly state: string
  readonly reason: string | null
}

export class Processes {
  readonly store: StoreName
  readonly members: readonly Member[]
  readonly interruptions: Interruption[] = []
  readonly #dir: string
  readonly #redis: RedisServer | null
  readonly #ownStalls: Stall[] = []
  readonly #unwatch: () => void
  #isOver = false

  private constructor(
    store: StoreName,
    members: readonly Member[],
    dir: string,
    redis: RedisServer | null,
  ) {
    this.store = store
    this.members = members
    this.#dir = dir
    this.#redis = redis
    this.#unwatch = watchStalls((stall) => this.#ownStalls.push(stall))
  }

  /** Nothing of the product runs yet; `clear` is in order from here on. */
  static async prepare({ store, backend, sink, env }: ProcessesOptions): Promise<Processes> {
    const port = String(await freePort())
    const redis = store === 'redis' ? await RedisServer.start(['--appendonly', 'yes']) : null
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-processes-'))
    writeFileSync(join(dir, 'rapid-fire.config.ts'), CONFIG)
    const common = {
      DATA_DIR: join(dir, 'data'),
      DEFAULT_COMPANY_ID: MODES[0],
      VENOM_SECRET_KEY: SECRET,
      ADMIN_TOKEN: TOKEN,
      ...(redis ? { REDIS_URL: redis.url } : {}),
      ...env,
    }
    const roles: Readonly<Record<string, readonly string[]>> = redis
      ? { api: ['api'], processor: ['processor'], worker1: ['worker'], worker2: ['worker'] }
      : { all: ['api', 'processor', 'worker'] }
    const members = Object.entries(roles).map(([name, played]) => {
      const mine = { ...common, PORT: played.includes('api') ? port : '0' }
      return new Member({ name, roles: played, env: mine, sink, backend, cwd: dir })
    })
    return new Processes(store, members, dir, redis)
  }

  async start(): Promise<void> {
    await Promise.all(this.members.map((member) => member.start()))
  }

  /** Where the API is; nobody may be there. */
  get url(): string {
    return this.members.find(({ url }) => url !== null)?.url ?? ''
  }

  /** kill -9 of one that answers people, and its next life; resolves when that is ready. */
  async killOne(random: () => number): Promise<void> {
    const able = this.members.filter(({ roles, isReady }) => roles.includes('worker') && isReady)
    const member = able[Math.floor(random() * able.length)]
    if (member) await this.#restart([member])
  }

  async killAll(): Promise<void> {
    await this.#restart(this.members)
  }

  async #restart(members: readonly Member[]): Promise<void> {
    for (const member of members) {
      this.interruptions.push({ instance: member.instance, at: performance.now() })
      member.kill('SIGKILL')
    }
    await Promise.all(members.map(({ exit }) => exit))
    if (!this.#isOver) await Promise.all(members.map((member) => member.start()))
  }

  /** When one of the processes or this one could do nothing, on the clock of this one. */
  get stalls(): readonly Stall[] {
    return onOurClock([...this.#ownStalls, ...this.members.flatMap(({ stalls }) => stalls)])
  }

  /** By life and batch: turns that were somebody else's when a process wanted to go on. */
  get stalled(): ReadonlySet<string> {
    return new Set(this.members.flatMap(({ fenced }) => [...fenced]))
  }

  async counts(): Promise<Counts> {
    const { stats } = await this.#ask<{ stats: { counts: Counts } }>(
      '/webhook/whatsapp/batched/stats',
    )
    return stats.counts
  }

  /** All that `rapid-fire failed` lists. */
  async failed(): Promise<readonly BatchSeen[]> {
    const all: BatchSeen[] = []
    for (;;) {
      const page = `/operator/failed?limit=1000&offset=${all.length}`
      const { count, batches } = await this.#ask<{ count: number; batches: BatchSeen[] }>(page)
      all.push(...batches)
      if (all.length >= count || batches.length === 0) return all
    }
  }

  async #ask<Answer>(path: string): Promise<Answer> {
    const response = await fetch(this.url + path, {
      headers: { authorization: `Bearer ${TOKEN}` },
      signal: AbortSignal.timeout(CALL_MS),
    })
    if (!response.ok) throw new Error(`${path} answered ${response.status}`)
    return (await response.json()) as Answer
  }

  /** What a process said that was no part of the play. */
  get troubles(): readonly string[] {
    return this.members.flatMap(({ troubles }) => troubles)
  }

  async clear(): Promise<void> {
    this.#isOver = true
    this.#unwatch()
    for (const member of this.members) member.kill('SIGKILL')
    await Promise.all(this.members.map(({ exit }) => exit))
    await this.#redis?.stop()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
