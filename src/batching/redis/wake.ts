/**
 * Listens for the wake-up that scripts publish, on a connection of its own, opened when first asked.
 * A connection that is new may have missed one, so it wakes as well.
 */
import { Redis } from 'ioredis'
import { messageOf } from '../../errors.ts'
import { type RedisTarget, redisOptions } from './connection.ts'

/** A subscriber has no answers to wait for, so it asks for one, lest a dead connection stays. */
const ASK_MS = 2000

export class WakeListener {
  readonly #target: RedisTarget
  readonly #channel: string
  readonly #listeners = new Set<() => void>()
  #redis: Redis | null = null
  #opened: Promise<void> | null = null
  #asking: NodeJS.Timeout | undefined

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
    // While it is away, processors look every checkInterval.
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
    redis.on('message', () => this.#wake())
    this.#redis = redis
    await redis.subscribe(this.#channel)
    // The answer comes behind the one to SUBSCRIBE: from then on none is missed.
    redis.on('ready', () => void this.#ask(redis).then(() => this.#wake()))
    this.#asking = setInterval(() => void this.#ask(redis), ASK_MS)
  }

  /** A connection that does not answer in time is made anew. */
  async #ask(redis: Redis): Promise<void> {
    if (redis.status !== 'ready') return
    await redis.ping().catch((error) => {
      if (messageOf(error) === 'Command timed out') redis.stream.destroy()
    })
  }

  #wake(): void {
    for (const listener of this.#listeners) listener()
  }

  async stop(): Promise<void> {
    this.#listeners.clear()
    clearInterval(this.#asking)
    this.#redis?.disconnect()
    this.#redis = null
  }
}
