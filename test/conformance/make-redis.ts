/** The Redis engine for the suite: one server for the file, a database of its own for each case. */
import { after } from 'node:test'
import { Redis } from 'ioredis'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { Deadline } from '../../src/service.ts'
import { Expiry } from '../support/expiry.ts'
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
