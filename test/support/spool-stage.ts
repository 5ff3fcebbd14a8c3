/** A Redis that a test may kill, and services on it that have a spool. Use with `await using`. */
import { House, type HouseOptions } from './house.ts'
import { RedisServer } from './redis-server.ts'

export class SpoolStage implements AsyncDisposable {
  readonly redis: RedisServer

  private constructor(redis: RedisServer) {
    this.redis = redis
  }

  static async start(): Promise<SpoolStage> {
    return new SpoolStage(await RedisServer.start(['--appendonly', 'yes']))
  }

  house(options: Partial<HouseOptions> = {}): Promise<House> {
    return House.start({
      engine: 'redis',
      ...options,
      env: { REDIS_URL: this.redis.url, SPOOL_AFTER: '300', ...options.env },
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.redis.stop()
  }
}

/** Resolves when all that was spooled is in the store, for the `times`-th time. */
export async function drained(house: House, times = 1): Promise<void> {
  await house.events.until('spool.drained', times)
}
