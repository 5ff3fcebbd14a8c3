/** Listens for the wake-up that scripts publish, on a connection of its own, opened when first asked. */
import { Redis } from 'ioredis'
import { type RedisTarget, redisOptions } from './connection.ts'

export class WakeListener {
  readonly #target: RedisTarget
  readonly #channel: string
  readonly #listeners = new Set<() => void>()
  #redis: Redis | null = null

  constructor(target: RedisTarget, channel: string) {
    this.#target = target
    this.#channel = channel
  }

  add(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#redis ??= this.#open()
    return () => this.#listeners.delete(listener)
  }

  #open(): Redis {
    // A subscriber has no answers to wait for; while it is away, processors look every checkInterval.
    const redis = new Redis(
      this.#target.url,
      redisOptions(this.#target, {
        enableOfflineQueue: true,
        maxRetriesPerRequest: null,
        lazyConnect: false,
      }),
    )
    redis.on('error', () => {
      // The store's own connection reports that the server is away; twice would be noise.
    })
    redis.on('message', () => {
      for (const listener of this.#listeners) listener()
    })
    redis.subscribe(this.#channel).catch((error) => redis.emit('error', error))
    return redis
  }

  async stop(): Promise<void> {
    this.#listeners.clear()
    this.#redis?.disconnect()
    this.#redis = null
  }
}
