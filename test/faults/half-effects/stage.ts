/** A Redis store whose keys can be looked at, spoiled and put back, and whose calls can be caught. */
import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { RedisCalls } from '../../../src/batching/redis/calls.ts'
import { RedisKeys } from '../../../src/batching/redis/keys.ts'
import { RedisLink } from '../../../src/batching/redis/redis-link.ts'
import { RedisStore } from '../../../src/batching/redis/redis-store.ts'
import {
  type Arg,
  type Call,
  type Reply,
  type ScriptName,
  Scripts,
} from '../../../src/batching/redis/scripts.ts'
import { Deadline } from '../../../src/service.ts'
import { Scene, TIMES, testClock } from '../../conformance/store/scene.ts'
import type { RedisServer } from '../../support/redis-server.ts'
import type { Play } from './cases.ts'

const MIRROR_MS = 60_000

/** Keeps the call of one script instead of making it; all others it lets fail. */
class Catcher extends RedisCalls {
  readonly wanted: ScriptName
  caught: Call | null = null

  constructor(wanted: ScriptName, options: ConstructorParameters<typeof RedisCalls>[0]) {
    super(options)
    this.wanted = wanted
  }
  override run(name: ScriptName, keys: readonly string[], args: readonly Arg[]): Promise<Reply> {
    if (name === this.wanted) this.caught ??= { name, keys, args }
    return Promise.reject(new Error('caught'))
  }
  override async runMany(calls: readonly Call[]): Promise<(Reply | Error)[]> {
    this.caught ??= calls.find(({ name }) => name === this.wanted) ?? null
    return calls.map(() => new Error('WRONGTYPE, as a key that is spoiled'))
  }
}

/** Key → its bytes and when it expires, ms or -1. */
type Dump = ReadonlyMap<string, { readonly bytes: Buffer; readonly expiresAt: number }>

export class Stage implements AsyncDisposable {
  readonly #store: RedisStore
  readonly #redis: Redis
  readonly #link: RedisLink
  readonly #scripts: Scripts
  readonly #clock = testClock()

  private constructor(server: RedisServer, database: number) {
    this.#redis = server.client({ db: database })
    this.#scripts = new Scripts(this.#redis)
    const target = { url: `${server.url}/${database}` }
    this.#link = new RedisLink(target)
    this.#store = new RedisStore({
      target,
      times: TIMES,
      mirrorMs: MIRROR_MS,
      clock: this.#clock.now,
    })
  }

  static async set(server: RedisServer, database: number): Promise<Stage> {
    const stage = new Stage(server, database)
    await stage.#store.start()
    await stage.#link.connect()
    return stage
  }

  /** Plays what the script finds; answers the call that the operation would make then. */
  async catch(name: ScriptName, play: Play): Promise<Call> {
    const redis = this.#redis
    const scene = new Scene({ store: this.#store, stop: async () => {} }, this.#clock)
    const operation = await play({ scene, redis })
    const catcher = new Catcher(name, {
      link: this.#link,
      keys: new RedisKeys(),
      times: TIMES,
      mirrorMs: MIRROR_MS,
      place: 'here',
      channel: 'wake',
      clock: this.#clock.now,
    })
    await Promise.allSettled([operation(catcher)])
    assert.ok(catcher.caught, `${name} is called`)
    return catcher.caught
  }

  run({ name, keys, args }: Call): Promise<Reply> {
    return this.#scripts.run(name, keys, args)
  }

  async dump(): Promise<Dump> {
    const keys = (await this.#redis.keys('*')).toSorted()
    const entries = await Promise.all(
      keys.map(async (key) => {
        const [bytes, expiresAt] = await Promise.all([
          this.#redis.dumpBuffer(key),
          this.#redis.pexpiretime(key),
        ])
        return [key, { bytes: bytes ?? Buffer.alloc(0), expiresAt }] as const
      }),
    )
    return new Map(entries)
  }

  async restore(dump: Dump): Promise<void> {
    await this.#redis.flushdb()
    for (const [key, { bytes, expiresAt }] of dump) {
      await this.#redis.restore(key, Math.max(0, expiresAt), bytes, 'ABSTTL')
    }
  }

  /** A stream is what no key of ours is. */
  async spoil(key: string): Promise<void> {
    await this.#redis.del(key)
    await this.#redis.xadd(key, '1-1', 'foreign', 'type')
  }

  /** Runs with no memory left. */
  async whileFull(play: () => Promise<void>): Promise<void> {
    await this.#redis.config('SET', 'maxmemory', '1')
    try {
      await play()
    } finally {
      await this.#redis.config('SET', 'maxmemory', '0')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link.stop(new Deadline(1000))
    this.#redis.disconnect()
    await this.#store.stop(new Deadline(1000))
  }
}
