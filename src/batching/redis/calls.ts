/** What every operation on Redis needs: keys, waits, the clock, and calls that fail in our words. */
import type { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import type { StoreTimes } from '../store.ts'
import { redisError } from './errors.ts'
import type { RedisKeys } from './keys.ts'
import { type Arg, type Call, type Reply, type ScriptName, Scripts } from './scripts.ts'

export interface CallsOptions {
  readonly redis: Redis
  readonly keys: RedisKeys
  readonly times: StoreTimes
  readonly mirrorMs: number
  readonly place: string
  readonly channel: string
  readonly clock: Clock | undefined
}

export class RedisCalls {
  readonly redis: Redis
  readonly keys: RedisKeys
  readonly times: StoreTimes
  readonly mirrorMs: number
  readonly place: string
  readonly channel: string
  readonly #clock: Clock | undefined
  readonly #scripts: Scripts

  constructor(options: CallsOptions) {
    this.redis = options.redis
    this.keys = options.keys
    this.times = options.times
    this.mirrorMs = options.mirrorMs
    this.place = options.place
    this.channel = options.channel
    this.#clock = options.clock
    this.#scripts = new Scripts(options.redis)
  }

  /** First argument of each script: '' = the server's own time. */
  now(): number | string {
    return this.#clock?.() ?? ''
  }

  run(name: ScriptName, keys: readonly string[], args: readonly Arg[]): Promise<Reply> {
    return this.guard(this.#scripts.run(name, keys, args))
  }

  runMany(calls: readonly Call[]): Promise<(Reply | Error)[]> {
    return this.guard(this.#scripts.runMany(calls))
  }

  async guard<T>(call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (error) {
      throw redisError(error, this.place)
    }
  }
}
