/**
 * The system under test as processes: on Redis two of each role, on SQLite one process with all of
 * them; with short leases, so that what a death leaves behind is taken up within a second or two.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSettings } from '../../src/config/load.ts'
import { openStore } from '../../src/gateway.ts'
import { Deadline } from '../../src/service.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { audit, type Interruption, type Verdict } from './audit.ts'
import { Member } from './member.ts'
import { Sink } from './sink.ts'
import { Traffic } from './traffic.ts'

export type StoreName = 'redis' | 'sqlite'

export interface SystemOptions {
  readonly store: StoreName
  readonly people: number
  readonly random: () => number
  readonly env?: Readonly<Record<string, string>>
  /** How many processes of each role on Redis. */
  readonly each?: number
}

const SECRET = 'secret-of-those-who-look-from-outside'

export class System {
  readonly store: StoreName
  readonly sink: Sink
  readonly traffic: Traffic
  readonly members: readonly Member[]
  readonly interruptions: Interruption[] = []
  readonly dir: string
  readonly redis: RedisServer | null
  readonly #env: Readonly<Record<string, string>>

  private constructor(parts: {
    store: StoreName
    sink: Sink
    traffic: Traffic
    members: readonly Member[]
    dir: string
    redis: RedisServer | null
    env: Readonly<Record<string, string>>
  }) {
    this.store = parts.store
    this.sink = parts.sink
    this.traffic = parts.traffic
    this.members = parts.members
    this.dir = parts.dir
    this.redis = parts.redis
    this.#env = parts.env
  }

  static async start({
    store,
    people,
    random,
    env = {},
    each = 2,
  }: SystemOptions): Promise<System> {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-system-'))
    const redis = store === 'redis' ? await RedisServer.start(['--appendonly', 'yes']) : null
    const sink = new Sink(join(dir, 'sink.jsonl'))
    await sink.start()
    const common = {
      DATA_DIR: join(dir, 'data'),
      VENOM_SECRET_KEY: SECRET,
      VENOM_API_KEY: 'key-that-we-send-out',
      BATCH_TIMEOUT: '80',
      CHECK_INTERVAL: '50',
      HANDOVER_LEASE: '500',
      WORKER_LEASE: '1000',
      MAX_STARTS: '100',
      RETENTION: '0',
      ...(redis ? { REDIS_URL: redis.url } : {}),
      // As fast as it goes: what people wait between bubbles has a test of its own.
      PART_PAUSE_MIN: '0',
      PART_PAUSE_MAX: '0',
      ...env,
    }
    const members: Member[] = []
    const add = async (name: string, roles: readonly string[]): Promise<void> => {
      const port = roles.includes('api') ? String(await freePort()) : '0'
      members.push(new Member({ name, roles, env: { ...common, PORT: port }, sink }))
    }
    if (store === 'sqlite') await add('all', ['api', 'processor', 'worker'])
    else {
      for (const role of ['api', 'processor', 'worker']) {
        for (let n = 1; n <= each; n += 1) await add(`${role}${n}`, [role])
      }
    }
    await Promise.all(members.map((member) => member.start()))
    const traffic = new Traffic({
      urls: () => members.flatMap(({ url }) => url ?? []),
      secret: SECRET,
      people,
      repeated: 0.1,
      ledgerPath: join(dir, 'ledger.jsonl'),
      random,
    })
    return new System({ store, sink, traffic, members, dir, redis, env: common })
  }

  /** Notes a death or a freeze, so that what was in the air then is known. */
  note(instance: string): void {
    this.interruptions.push({ instance, at: performance.now() })
  }

  verdict(): Verdict {
    const stalled = new Set(this.members.flatMap(({ fenced }) => [...fenced]))
    return audit(this.traffic.accepted, this.sink.deliveries, this.interruptions, stalled)
  }

  /** Waits until everything that was taken is answered, or nothing has come for so long. */
  async settle(patienceS: number): Promise<void> {
    let seen = -1
    let seenAt = performance.now()
    while (performance.now() - seenAt < patienceS * 1000) {
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
    if (!this.redis) return []
    const client = this.redis.client()
    const keys = await client.keys('*')
    client.disconnect()
    const explained =
      /^(rf:i:|rf:o:|last-msg:|rf:n$|rf:store$|rf:roles$|bull:[\w-]+:(meta|events|id|stalled-check|marker|repeat.*|stalled)$)/
    return keys.filter((key) => !explained.test(key))
  }

  async clear(): Promise<void> {
    for (const member of this.members) member.kill('SIGKILL')
    await Promise.all(this.members.map(({ exit }) => exit))
    this.sink.stop()
    this.traffic.stop()
    await this.redis?.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
