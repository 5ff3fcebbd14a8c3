/**
 * Limits that all workers of a Redis share. While Redis is away there is no limit: the turn itself
 * needs Redis and cannot end without it, so nothing runs wild.
 */
import { Redis, type RedisOptions } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Service } from '../../service.ts'
import { type RateLimit, WINDOW_S } from './rate-limit.ts'

export interface RedisRateLimitOptions {
  readonly url: string
  /** How its keys begin. */
  readonly prefix: string
  /** As the store connects. */
  readonly connection: Omit<RedisOptions, 'replyMapping'>
  /** Told once, until a limit could be asked for again. */
  readonly onAway: (error: unknown) => void
}

export class RedisRateLimit implements RateLimit, Service {
  readonly #redis: Redis
  readonly #onAway: (error: unknown) => void
  readonly #limiters = new Map<number, RateLimiterRedis>()
  #isAway = false

  readonly #prefix: string

  constructor({ url, prefix, connection, onAway }: RedisRateLimitOptions) {
    this.#prefix = prefix
    this.#redis = new Redis(url, connection)
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
    try {
      await this.#limiter(perMinute).consume(key)
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
      limiter = new RateLimiterRedis({
        storeClient: this.#redis,
        keyPrefix: `${this.#prefix}:${perMinute}`,
        points: perMinute,
        duration: WINDOW_S,
        rejectIfRedisNotReady: true,
      })
      this.#limiters.set(perMinute, limiter)
    }
    return limiter
  }

  #away(error: unknown): void {
    if (this.#isAway) return
    this.#isAway = true
    this.#onAway(error)
  }
}
