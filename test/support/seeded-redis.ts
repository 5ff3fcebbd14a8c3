/** A Redis that was in use: two open batches on each of its first two databases, and a way to see that they stay. */
import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { RedisServer } from './redis-server.ts'
import { leaveMessages, Place } from './refused-start.ts'

interface Entry {
  readonly database: number
  readonly key: string
  /** In Redis's own form. */
  readonly dump: string
  /** Ms since 1970; -1 = never. */
  readonly endsAt: number
}

/** Left by real services, once; further servers get a copy. */
let left: Promise<Entry[]> | null = null

export class SeededRedis implements AsyncDisposable {
  readonly server: RedisServer
  readonly redis: Redis

  private constructor(server: RedisServer) {
    this.server = server
    this.redis = server.client()
  }

  static async start(): Promise<SeededRedis> {
    left ??= leftByServices()
    const seeded = new SeededRedis(await RedisServer.start())
    for (const { database, key, dump, endsAt } of await left) {
      await seeded.redis.select(database)
      const bytes = Buffer.from(dump, 'base64')
      await seeded.redis.restore(key, Math.max(endsAt, 0), bytes, 'ABSTTL')
    }
    return seeded
  }

  /** That every key has its value and its end when `check` is over, and that there are no others. */
  async unchangedBy(check: () => Promise<void>): Promise<void> {
    const held = await contents(this.redis)
    assert.ok(held.length >= 20, `${held.length} keys`)
    await check()
    assert.deepEqual(await contents(this.redis), held)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect()
    await this.server.stop()
  }
}

async function leftByServices(): Promise<Entry[]> {
  const server = await RedisServer.start()
  const redis = server.client()
  try {
    await Promise.all(
      [0, 1].map(async (database) => {
        using place = new Place()
        await leaveMessages(place, { REDIS_URL: `${server.url}/${database}` })
      }),
    )
    return await contents(redis)
  } finally {
    redis.disconnect()
    await server.stop()
  }
}

/** All of the first two databases, but for a note of BullMQ that lives for some seconds. */
export async function contents(redis: Redis): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const database of [0, 1]) {
    await redis.select(database)
    for (const key of (await redis.keys('*')).sort()) {
      if (key.endsWith(':stalled-check')) continue
      const dump = (await redis.dumpBuffer(key))?.toString('base64') ?? ''
      entries.push({ database, key, dump, endsAt: await redis.pexpiretime(key) })
    }
  }
  return entries
}
