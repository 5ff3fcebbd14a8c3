/**
 * Listens for the wake-ups that scripts publish, on a connection of its own, opened when first asked.
 * A connection that is new may have missed one, so it wakes as well.
 */
import { messageOf } from '../../errors.ts'
import type { RedisTarget } from '../../redis-address.ts'
import { isCluster, openClient, type RedisClient } from '../../redis-client.ts'
import { callOptions } from './connection.ts'

/** A subscriber has no answers to wait for, so it asks for one, lest a dead connection stays. */
const ASK_MS = 2000

export class WakeListener {
  readonly #target: RedisTarget
  /** By channel. */
  readonly #listeners = new Map<string, Set<() => void>>()
  #redis: RedisClient | null = null
  #opened: Promise<RedisClient> | null = null
  #asking: NodeJS.Timeout | undefined

  constructor(target: RedisTarget) {
    this.#target = target
  }

  async add(channel: string, listener: () => void): Promise<() => void> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    const isFirst = listeners.size === 0
    listeners.add(listener)
    this.#listeners.set(channel, listeners)
    const isNew = this.#opened === null
    this.#opened ??= this.#open(channel)
    const redis = await this.#opened
    if (isFirst && !isNew) await redis.subscribe(channel)
    return () => listeners.delete(listener)
  }

  async #open(channel: string): Promise<RedisClient> {
    // While it is away, processors look every checkInterval.
    const redis = openClient(
      this.#target,
      callOptions({
        enableOfflineQueue: true,
        maxRetriesPerRequest: null,
        lazyConnect: false,
      }),
    )
    this.#redis = redis
    redis.on('error', () => {
      // The store's own connection reports that the server is away; twice would be noise.
    })
    redis.on('message', (from: string) => this.#wake(from))
    await redis.subscribe(channel)
    // The answer comes behind those to SUBSCRIBE: from then on none is missed.
    redis.on('ready', () => void this.#ask(redis).then(() => this.#wakeAll()))
    this.#asking = setInterval(() => void this.#ask(redis), ASK_MS)
    return redis
  }

  /** A connection that does not answer in time is made anew; that of a Cluster is the client's own. */
  async #ask(redis: RedisClient): Promise<void> {
    if (redis.status !== 'ready' || isCluster(redis)) return
    await redis.ping().catch((error) => {
      if (messageOf(error) === 'Command timed out') redis.stream.destroy()
    })
  }

  #wakeAll(): void {
    for (const channel of this.#listeners.keys()) this.#wake(channel)
  }

  #wake(channel: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener()
  }

  async stop(): Promise<void> {
    this.#listeners.clear()
    clearInterval(this.#asking)
    this.#redis?.disconnect()
    this.#redis = null
  }
}
