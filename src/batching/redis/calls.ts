/** What every operation on Redis needs: keys, waits, the clock, and calls that fail in our words. */
import type { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { StoreTimes } from '../store.ts'
import { DEAF_MS } from './connection.ts'
import { hasEnded, redisError } from './errors.ts'
import type { RedisKeys } from './keys.ts'
import { OnceMore } from './once-more.ts'
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
  readonly #onceMore: OnceMore
  /** When Redis last answered anything on this connection. */
  #answeredAtMs = performance.now()
  /** What ended the connection, or keeps it from being made. */
  #whyDown: unknown = null
  /** A call was refused for a right since this was last set back. */
  lacksRights = false

  constructor(options: CallsOptions) {
    this.redis = options.redis
    this.keys = options.keys
    this.times = options.times
    this.mirrorMs = options.mirrorMs
    this.place = options.place
    this.channel = options.channel
    this.#clock = options.clock
    this.#scripts = new Scripts(options.redis)
    this.#onceMore = new OnceMore(options.redis)
    options.redis.on('error', (error) => {
      this.#whyDown = error
    })
    options.redis.on('ready', () => {
      this.#whyDown = null
      this.#answeredAtMs = performance.now()
    })
  }

  /** First argument of each script: '' = the server's own time. */
  now(): number | string {
    return this.#clock?.() ?? ''
  }

  /** One script. Each is safe to repeat, but for `spend`, which would add again. */
  run(name: ScriptName, keys: readonly string[], args: readonly Arg[]): Promise<Reply> {
    const call = (): Promise<Reply> => this.#scripts.run(name, keys, args)
    return this.guard(name === 'spend' ? call() : this.#onceMore.run(call))
  }

  /** Those that went down with the connection are called once more; the others have their answers. */
  async runMany(calls: readonly Call[]): Promise<(Reply | Error)[]> {
    const replies = await this.guard(this.#scripts.runMany(calls))
    const cut = [...replies.keys()].filter((at) => hasEnded(replies[at]))
    if (cut.length === 0 || !(await this.#onceMore.mended())) return replies
    const again = await this.guard(this.#scripts.runMany(cut.flatMap((at) => calls[at] ?? [])))
    for (const [i, at] of cut.entries()) replies[at] = again[i] ?? null
    return replies
  }

  /** A read that may be made once more. */
  read<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return this.guard(this.#onceMore.run(call))
  }

  async guard<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call
      this.#answeredAtMs = performance.now()
      return answer
    } catch (error) {
      this.#giveUpIfLate(error)
      // Without a connection the client knows no more than that; what keeps it away says more.
      const known = redisError(hasEnded(error) ? (this.#whyDown ?? error) : error, this.place)
      this.lacksRights ||= known.code === 'store_rights'
      throw known
    }
  }

  /**
   * A connection on which no call was answered for so long is made anew: where a byte comes now and
   * then it is not deaf, and yet of no use.
   */
  #giveUpIfLate(error: unknown): void {
    if (messageOf(error) !== 'Command timed out') this.#answeredAtMs = performance.now()
    else if (performance.now() - this.#answeredAtMs > DEAF_MS) this.redis.stream?.destroy()
  }
}
