/**
 * Limits that all workers of a Redis share. While Redis is away there is no limit: the turn itself
 * needs Redis and cannot end without it, so nothing runs wild.
 */
import { BurstyRateLimiter, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { RedisClient } from '../../redis-client.ts'
import type { Service } from '../../service.ts'
import { type Bucket, type RateLimit, WINDOW_S, windowsOf } from './rate-limit.ts'

export interface RedisRateLimitOptions {
  /** Not connected yet; ended at the stop. */
  readonly client: RedisClient
  /** How its keys begin. */
  readonly prefix: string
  /** Told once, until a limit could be asked for again. */
  readonly onAway: (error: unknown) => void
}

export class RedisRateLimit implements RateLimit, Service {
  readonly #redis: RedisClient
  readonly #onAway: (error: unknown) => void
  readonly #limiters = new Map<number, RateLimiterRedis>()
  readonly #buckets = new Map<string, BurstyRateLimiter>()
  #isAway = false

  readonly #prefix: string

  constructor({ client, prefix, onAway }: RedisRateLimitOptions) {
    this.#prefix = prefix
    this.#redis = client
    this.#redis.on('error', (error) => this.#away(error))
    this.#onAway = onAway
  }

  async start(): Promise<void> {
    await this.#redis.connect()
  }

  /** Without a goodbye, for which a silent Redis would be waited for: nothing is under way by now. */
  async stop(): Promise<void> {
    this.#redis.disconnect()
  }

  async take(key: string, perMinute: number): Promise<number> {
    return this.#waitOf(() => this.#limiter(perMinute).consume(key))
  }

  async takeBurst(key: string, bucket: Bucket): Promise<number> {
    return this.#waitOf(() => this.#bucket(bucket).consume(key))
  }

  async #waitOf(consume: () => Promise<unknown>): Promise<number> {
    try {
      await consume()
      this.#isAway = false
      return 0
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) {
        this.#away(refusal)
        return 0
      }
      this.#isAway = false
      return Math.max(1, refusal.msBeforeNext)
    }
  }

  async giveBack(key: string, perMinute: number): Promise<void> {
    try {
      await this.#limiter(perMinute).reward(key)
    } catch (error) {
      this.#away(error)
    }
  }

  #limiter(perMinute: number): RateLimiterRedis {
    let limiter = this.#limiters.get(perMinute)
    if (!limiter) {
      limiter = this.#counter(`${perMinute}`, { points: perMinute, duration: WINDOW_S })
      this.#limiters.set(perMinute, limiter)
    }
    return limiter
  }

  #bucket(bucket: Bucket): BurstyRateLimiter {
    const name = `${bucket.burst}/${bucket.everyMs}`
    let limiter = this.#buckets.get(name)
    if (!limiter) {
      const { steady, atOnce } = windowsOf(bucket)
      limiter = new BurstyRateLimiter(
        this.#counter(name, steady),
        this.#counter(`${name}+`, atOnce),
      )
      this.#buckets.set(name, limiter)
    }
    return limiter
  }

  #counter(name: string, window: { points: number; duration: number }): RateLimiterRedis {
    return new RateLimiterRedis({
      storeClient: this.#redis,
      keyPrefix: `${this.#prefix}:${name}`,
      ...window,
      rejectIfRedisNotReady: true,
    })
  }

  #away(error: unknown): void {
    if (this.#isAway) return
    this.#isAway = true
    this.#onAway(error)
  }
}
