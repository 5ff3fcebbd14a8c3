/** The Redis engine for the suite: one server for the file, a database of its own for each case. */
import { after } from 'node:test'
import { Redis } from 'ioredis'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { Deadline } from '../../src/service.ts'
import { RedisServer } from '../support/redis-server.ts'
import type { MakeStore } from './store/scene.ts'

let server: Promise<RedisServer> | null = null
let databases = 0

after(async () => {
  if (server) await (await server).stop()
})

export const makeRedis: MakeStore = async ({ times, clock }) => {
  server ??= RedisServer.start(['--databases', '4096'])
  const { url } = await server
  databases += 1
  const store = new RedisStore({
    target: { url: `${url}/${databases}` },
    times,
    mirrorMs: 60_000,
    clock: clock.now,
  })
  await store.start()
  const client = new Redis(`${url}/${databases}`)
  const expiry = new Expiry(client)
  return {
    store,
    pass: (ms) => expiry.pass(ms),
    async stop() {
      client.disconnect()
      await store.stop(new Deadline(1000))
    },
  }
}

/**
 * Redis counts TTLs by its own clock, the cases by theirs: each TTL is put off for ever, and what is
 * left of it is counted here.
 */
class Expiry {
  readonly #client: Redis
  readonly #left = new Map<string, { ms: number; parkedAt: number }>()

  constructor(client: Redis) {
    this.#client = client
  }

  async pass(ms: number): Promise<void> {
    for (const key of await this.#client.keys('*')) {
      const at = await this.#client.pexpiretime(key)
      if (at < 0) continue
      const known = this.#left.get(key)
      // A TTL that was set anew, moments ago; the cases count in whole seconds.
      const before = known?.parkedAt === at ? known.ms : await this.#fresh(key)
      const left = before - ms
      if (left <= 0) {
        await this.#client.del(key)
        continue
      }
      await this.#client.pexpire(key, PARKED_MS)
      this.#left.set(key, { ms: left, parkedAt: await this.#client.pexpiretime(key) })
    }
  }

  async #fresh(key: string): Promise<number> {
    return Math.ceil((await this.#client.pttl(key)) / 1000) * 1000
  }
}

const PARKED_MS = 1_000_000_000
