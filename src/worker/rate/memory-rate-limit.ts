/** Limits of the one process that there is. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Service } from '../../service.ts'
import { type RateLimit, WINDOW_S } from './rate-limit.ts'

export class MemoryRateLimit implements RateLimit, Service {
  /** One for each number, since a limit belongs to the limiter. */
  readonly #limiters = new Map<number, RateLimiterMemory>()

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async take(key: string, perMinute: number): Promise<number> {
    try {
      await this.#limiter(perMinute).consume(key)
      return 0
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      return Math.max(1, refusal.msBeforeNext)
    }
  }

  async giveBack(key: string, perMinute: number): Promise<void> {
    await this.#limiter(perMinute).reward(key)
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
