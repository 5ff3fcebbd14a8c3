/**
 * The system under test as processes: on Redis two of each role, on SQLite one process with all of
 * them; with short leases, so that what a death leaves behind is taken up within a second or two.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HttpOperator } from '../../src/cli/http-operator.ts'
import { loadSettings } from '../../src/config/load.ts'
import { openStore } from '../../src/gateway.ts'
import { Deadline } from '../../src/service.ts'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { audit, type Interruption, type Verdict } from './audit.ts'
import { Member } from './member.ts'
import { Sink } from './sink.ts'
import { Traffic } from './traffic.ts'

export type StoreName = 'redis' | 'sqlite'

export interface SystemOptions {
  readonly store: StoreName
  readonly people: number
  /** So many times slower than people who write all the time. */
  readonly calm?: number
  readonly random: () => number
  readonly env?: Readonly<Record<string, string>>
  /** How many processes of each role on Redis. */
  readonly each?: number
  /** Of single processes beside that, by name: api1, worker2. */
  readonly own?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Of these roles so many instead. */
  readonly roles?: Partial<Record<Role, number>>
  /** What an API keeps is kept there. */
  readonly apiDir?: string
  /** Each process reaches Redis on a way of its own, which can be cut. */
  readonly isProxied?: boolean
  /** Each person's bridge has an API of its own. */
  readonly isAtHome?: boolean
  /** Redis answers when it has synced, and not before its disk has the write. */
  readonly isSynced?: boolean
  /** A Redis of another kind instead of one server of the system's own. */
  readonly at?: RedisPlace
  /** Those of these names are not started with the others. */
  readonly later?: readonly string[]
}

/** Several servers that are one Redis to who uses them. Stopped by who made it. */
export interface RedisPlace {
  readonly url: string
  /** Of all that take writes. */
  keys(): Promise<string[]>
}

type Role = 'api' | 'processor' | 'worker'
const ROLES: readonly Role[] = ['api', 'processor', 'worker']

const SECRET = 'secret-of-those-who-look-from-outside'
const TOKEN = 'token-of-those-who-look-from-outside'

const commonEnv = (dir: string): Record<string, string> => ({
  DATA_DIR: join(dir, 'data'),
  VENOM_SECRET_KEY: SECRET,
  VENOM_API_KEY: 'key-that-we-send-out',
  ADMIN_TOKEN: TOKEN,
  BATCH_TIMEOUT: '80',
  CHECK_INTERVAL: '250',
  HANDOVER_LEASE: '500',
  WORKER_LEASE: '1000',
  MAX_STARTS: '100',
  RETENTION: '0',
  // As fast as it goes: what people wait between bubbles has a test of its own.
  PART_PAUSE_MIN: '0',
  PART_PAUSE_MAX: '0',
})

interface Parts {
  readonly store: StoreName
  readonly sink: Sink
  readonly traffic: Traffic
  readonly members: readonly Member[]
  readonly proxies: ReadonlyMap<Member, FaultyProxy>
  readonly dir: string
  readonly redis: RedisServer | null
  readonly place: RedisPlace | null
  readonly env: Readonly<Record<string, string>>
}

export class System {
  readonly store: StoreName
  readonly sink: Sink
  readonly traffic: Traffic
  readonly members: readonly Member[]
  /** The way of each process to Redis, where it has one of its own. */
  readonly proxies: ReadonlyMap<Member, FaultyProxy>
  readonly interruptions: Interruption[] = []
  readonly dir: string
  readonly redis: RedisServer | null
  readonly #place: RedisPlace | null
  readonly #env: Readonly<Record<string, string>>

  private constructor({ store, sink, traffic, members, proxies, dir, redis, place, env }: Parts) {
    this.store = store
    this.sink = sink
    this.traffic = traffic
    this.members = members
    this.proxies = proxies
    this.dir = dir
    this.redis = redis
    this.#place = place
    this.#env = env
  }

  /** With all of its processes at work. */
  static async start(options: SystemOptions): Promise<System> {
    const system = await System.prepare(options)
    try {
      const { later = [] } = options
      const now = system.members.filter(({ name }) => !later.includes(name))
      await Promise.all(now.map((member) => member.start()))
      return system
    } catch (error) {
      await system.clear()
      throw error
    }
  }

  /** No process of the product runs yet; `clear` is in order from here on. */
  static async prepare(options: SystemOptions): Promise<System> {
    const { store, people, random, env = {}, each = 2, roles = {}, isProxied = false } = options
    const { isAtHome = false, isSynced = false, apiDir, calm = 1, own: ownEnv = {} } = options
    const fsync = isSynced ? 'always' : 'everysec'
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-system-'))
    const redis =
      store === 'redis' && !options.at
        ? await RedisServer.start(['--appendonly', 'yes', '--appendfsync', fsync])
        : null
    const sink = new Sink(join(dir, 'sink.jsonl'))
    await sink.start()
    const place = options.at ?? (redis ? placeOf(redis) : null)
    const common = { ...commonEnv(dir), ...(place ? { REDIS_URL: place.url } : {}), ...env }
    const members: Member[] = []
    const proxies = new Map<Member, FaultyProxy>()
    const add = async (name: string, played: readonly Role[]): Promise<void> => {
      const port = played.includes('api') ? String(await freePort()) : '0'
      const proxy = redis && isProxied ? await FaultyProxy.to(redis.port) : null
      // What a process keeps on its disk is its own.
      const home = played.includes('api') && apiDir ? apiDir : dir
      const dataDir = place ? { DATA_DIR: join(home, name) } : {}
      const toRedis = proxy && { REDIS_URL: proxy.url }
      const own = { PORT: port, ...dataDir, ...toRedis, ...ownEnv[name] }
      const member = new Member({ name, roles: played, env: { ...common, ...own }, sink })
      members.push(member)
      if (proxy) proxies.set(member, proxy)
    }
    if (store === 'sqlite') await add('all', ROLES)
    else {
      for (const role of ROLES) {
        const count = roles[role] ?? each
        for (let n = 1; n <= count; n += 1) await add(`${role}${n}`, [role])
      }
    }
    const traffic = new Traffic({
      urls: () => members.flatMap(({ url }) => url ?? []),
      secret: SECRET,
      people,
      isAtHome,
      calm,
      repeated: 0.1,
      ledgerPath: join(dir, 'ledger.jsonl'),
      random,
    })
    return new System({ store, sink, traffic, members, proxies, dir, redis, place, env: common })
  }

  /** Those that play this role. */
  of(role: Role): Member[] {
    return this.members.filter(({ roles }) => roles.includes(role))
  }

  /** What an operator's commands do. */
  get operator(): HttpOperator {
    return new HttpOperator({ url: this.of('api')[0]?.url ?? '', token: TOKEN })
  }

  /** Batches that nobody has taken yet, as an operator sees it. */
  async pending(): Promise<number> {
    const response = await fetch(`${this.of('api')[0]?.url}/webhook/whatsapp/batched/stats`, {
      headers: { authorization: `Bearer ${TOKEN}` },
      signal: AbortSignal.timeout(5000),
    })
    if (!response.ok) throw new Error(`stats answered ${response.status} ${await response.text()}`)
    const { stats } = (await response.json()) as { stats: { pendingBatches: number } }
    return stats.pendingBatches
  }

  /** Notes a death, or a freeze that began at `since` and is over, so that what was in the air then is known. */
  note(instance: string, since?: number): void {
    const now = performance.now()
    this.interruptions.push(
      since === undefined ? { instance, at: now } : { instance, at: since, until: now },
    )
  }

  /** Notes the death of its last life, from the kill on, whenever its end was seen. */
  noteDeath({ instance, killedAt }: Member): void {
    this.note(instance, killedAt ?? undefined)
  }

  /** `isLate`: messages came in another order than they were written. */
  verdict(isLate = false): Verdict {
    const stalled = this.members.flatMap(({ fenced }) => fenced)
    const { accepted } = this.traffic
    // What one API has in its spool may be overtaken by what another one takes.
    const overtaken = new Set(
      this.of('api').length > 1 ? accepted.flatMap((one) => (one.spooled ? [one.person] : [])) : [],
    )
    const { sink, interruptions } = this
    return audit(
      ...([accepted, sink.deliveries, interruptions, stalled] as const),
      (person) => isLate || overtaken.has(person),
    )
  }

  /** Waits until everything that was taken is answered, or nothing has come for so long. */
  async settle(patienceS: number, signal?: AbortSignal): Promise<void> {
    let seen = -1
    let seenAt = performance.now()
    while (performance.now() - seenAt < patienceS * 1000) {
      signal?.throwIfAborted()
      if ((await this.#isQuiet()) && this.verdict().lost.length === 0) return
      if (this.sink.deliveries.length !== seen) {
        seen = this.sink.deliveries.length
        seenAt = performance.now()
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** No delivery within the last second, and jobs of the dead were taken up by those who live. */
  async #isQuiet(): Promise<boolean> {
    const last = this.sink.deliveries.at(-1)?.at ?? 0
    return performance.now() - last > 1000 && (await this.#leftOver()).length === 0
  }

  /** Stops all, and answers what the store has on its books and what is left of keys. */
  async end(): Promise<{ books: string; accounts: boolean; leftOver: string[] }> {
    await Promise.all(this.members.map((member) => member.stop()))
    const { settings } = await loadSettings({ cwd: this.dir, env: { ...this.#env } })
    const store = await openStore(settings)
    const counts = await store.counts()
    await store.stop(new Deadline(2000))
    const { accepted, answered, failed, discarded, revoked, open } = counts
    const accounts =
      accepted === answered + failed + discarded + revoked + open &&
      accepted === new Set(this.traffic.accepted.map(({ person, seq }) => `${person}-${seq}`)).size
    return { books: JSON.stringify(counts), accounts, leftOver: await this.#leftOver() }
  }

  /** Keys that neither retention nor the dedupe window explains. */
  async #leftOver(): Promise<string[]> {
    const keys = (await this.#place?.keys()) ?? []
    const explained =
      /^(rf:i:|rf:o:|last-msg:|rf:n$|rf:store$|rf:roles$|rf:partitions$|bull:[\w-]+:(meta|events|id|stalled-check|marker|repeat.*|stalled)$)/
    // Those of a partition are the same with its hash tag.
    return keys.filter((key) => !explained.test(key.replace(/\{p\d+\}:/, '')))
  }

  async clear(): Promise<void> {
    for (const member of this.members) member.kill('SIGKILL')
    await Promise.all(this.members.map(({ exit }) => exit))
    for (const proxy of this.proxies.values()) await proxy[Symbol.asyncDispose]()
    this.sink.stop()
    this.traffic.stop()
    await this.redis?.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

function placeOf(server: RedisServer): RedisPlace {
  return {
    url: server.url,
    async keys() {
      const client = server.client()
      const keys = await client.keys('*')
      client.disconnect()
      return keys
    },
  }
}
