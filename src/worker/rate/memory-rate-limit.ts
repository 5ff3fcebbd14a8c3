/** Limits of the one process that there is. */
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Service } from '../../service.ts'
import { type Bucket, type RateLimit, WINDOW_S, windowsOf } from './rate-limit.ts'

export class MemoryRateLimit implements RateLimit, Service {
  /** One for each number, since a limit belongs to the limiter. */
  readonly #limiters = new Map<number, RateLimiterMemory>()
  readonly #buckets = new Map<string, BurstyRateLimiter>()

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async take(key: string, perMinute: number): Promise<number> {
    return waitOf(() => this.#limiter(perMinute).consume(key))
  }

  async takeBurst(key: string, bucket: Bucket): Promise<number> {
    return waitOf(() => this.#bucket(bucket).consume(key))
  }

  async giveBack(key: string, perMinute: number): Promise<void> {
    await this.#limiter(perMinute).reward(key)
  }

  #bucket(bucket: Bucket): BurstyRateLimiter {
    const name = `${bucket.burst}/${bucket.everyMs}`
    let limiter = this.#buckets.get(name)
    if (!limiter) {
      const { steady, atOnce } = windowsOf(bucket)
      limiter = new BurstyRateLimiter(
        new RateLimiterMemory({ ...steady, keyPrefix: name }),
        new RateLimiterMemory({ ...atOnce, keyPrefix: `${name}+` }),
      )
      this.#buckets.set(name, limiter)
    }
    return limiter
  }

  #limiter(perMinute: number): RateLimiterMemory {
    let limiter = this.#limiters.get(perMinute)
    if (!limiter) {
      limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_S })
      this.#limiters.set(perMinute, limiter)
    }
    return limiter
  }
}

async function waitOf(consume: () => Promise<unknown>): Promise<number> {
  try {
    await consume()
    return 0
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
    return Math.max(1, refusal.msBeforeNext)
  }
}
