/** Listens for the wake-up that scripts publish, on a connection of its own, opened when first asked. */
import { Redis } from 'ioredis'
import { type RedisTarget, redisOptions } from './connection.ts'

export class WakeListener {
  readonly #target: RedisTarget
  readonly #channel: string
  readonly #listeners = new Set<() => void>()
  #redis: Redis | null = null
  #opened: Promise<void> | null = null

  constructor(target: RedisTarget, channel: string) {
    this.#target = target
    this.#channel = channel
  }

  async add(listener: () => void): Promise<() => void> {
    this.#listeners.add(listener)
    this.#opened ??= this.#open()
    await this.#opened
    return () => this.#listeners.delete(listener)
  }

  async #open(): Promise<void> {
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
    this.#redis = redis
    await redis.subscribe(this.#channel)
  }

  async stop(): Promise<void> {
    this.#listeners.clear()
    this.#redis?.disconnect()
    this.#redis = null
  }
}
