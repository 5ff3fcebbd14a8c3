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
        // Its own does not look at what comes of it: one that was late would end the process.
        autoResubscribe: false,
      }),
    )
    this.#redis = redis
    redis.on('error', () => {
      // The store's own connection reports that the server is away; twice would be noise.
    })
    redis.on('message', (from: string) => this.#wake(from))
    await redis.subscribe(channel)
    redis.on('ready', () => void this.#listenAgain(redis))
    this.#asking = setInterval(() => void this.#inTime(redis, () => redis.ping()), ASK_MS)
    return redis
  }

  async #listenAgain(redis: RedisClient): Promise<void> {
    const channels = [...this.#listeners.keys()]
    if (!(await this.#inTime(redis, () => redis.subscribe(...channels)))) return
    // From now on none is missed.
    for (const channel of channels) this.#wake(channel)
  }

  /** A connection that does not answer in time is made anew; those of a Cluster are its client's own. */
  async #inTime(redis: RedisClient, ask: () => Promise<unknown>): Promise<boolean> {
    if (redis.status !== 'ready') return false
    try {
      await ask()
      return true
    } catch (error) {
      const isLate = messageOf(error) === 'Command timed out'
      if (isLate && !isCluster(redis)) redis.stream?.destroy()
      return false
    }
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
