/** What every operation on Redis needs: keys, waits, the clock, and calls that fail in our words. */
import type { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { messageOf, type RapidFireError } from '../../errors.ts'
import type { RedisClient } from '../../redis-client.ts'
import type { StoreTimes } from '../store.ts'
import { DEAF_MS } from './connection.ts'
import { type Durability, needsReplica, ReplicaWait } from './durability.ts'
import { hasEnded, redisError } from './errors.ts'
import type { RedisKeys } from './keys.ts'
import type { RedisLink } from './redis-link.ts'
import type { Arg, Call, Reply, ScriptName } from './scripts.ts'

export interface CallsOptions {
  readonly link: RedisLink
  readonly keys: RedisKeys
  readonly times: StoreTimes
  readonly mirrorMs: number
  readonly place: string
  readonly channel: string
  readonly clock: Clock | undefined
  /** `primary` when left out. */
  readonly durability?: Durability
  /** A call found the server away. */
  readonly onAway?: (error: RapidFireError) => void
}

export class RedisCalls {
  readonly redis: RedisClient
  readonly keys: RedisKeys
  readonly times: StoreTimes
  readonly mirrorMs: number
  readonly place: string
  readonly channel: string
  readonly #clock: Clock | undefined
  readonly #link: RedisLink
  readonly #durability: Durability
  readonly #replicas = new WeakMap<Redis, ReplicaWait>()
  readonly #onAway: CallsOptions['onAway']
  /** When Redis last answered anything on this connection. */
  #answeredAtMs = performance.now()
  /** What ended the connection, or keeps it from being made. */
  #whyDown: unknown = null
  /** A call was refused for a right since this was last set back. */
  lacksRights = false

  constructor(options: CallsOptions) {
    this.#link = options.link
    this.redis = options.link.client
    this.keys = options.keys
    this.times = options.times
    this.mirrorMs = options.mirrorMs
    this.place = options.place
    this.channel = options.channel
    this.#clock = options.clock
    this.#durability = options.durability ?? 'primary'
    this.#onAway = options.onAway
    this.redis.on('error', (error) => {
      this.#whyDown = error
    })
    this.redis.on('ready', () => {
      this.#whyDown = null
      this.#answeredAtMs = performance.now()
    })
  }

  /** First argument of each script: '' = the server's own time. */
  now(): number | string {
    return this.#clock?.() ?? ''
  }

  /** Where the keys are: who is to be asked what belongs to no key. Throws `store_away` while nobody is. */
  server(): Redis {
    const server = this.#link.serverOf(this.keys.open)
    if (server) return server
    throw redisError(new Error('Connection is closed.'), this.place)
  }

  /** One script. Each is safe to repeat, but for `spend`, which would add again. */
  run(name: ScriptName, keys: readonly string[], args: readonly Arg[]): Promise<Reply> {
    const { scripts, onceMore } = this.#link
    const isSure = this.#durability === 'replica' && needsReplica(name)
    const call = (): Promise<Reply> =>
      isSure ? this.#replicated(name, keys, args) : scripts.run(name, keys, args)
    return this.guard(name === 'spend' ? call() : onceMore.run(call))
  }

  /** Nothing is known of a write that went another way than the question for it. */
  async #replicated(name: ScriptName, keys: readonly string[], args: readonly Arg[]) {
    const server = this.server()
    const { stream } = server
    const reply = await this.#link.scripts.run(name, keys, args)
    if (this.server() !== server) throw new Error('Connection is closed.')
    await this.#waitOf(server).confirmed(stream ?? server.stream)
    return reply
  }

  /** Throws `store_unreplicated` where a replica is asked for and none has what was written. */
  async followed(): Promise<void> {
    if (this.#durability === 'primary') return
    const server = this.server()
    await this.guard(this.#waitOf(server).confirmed(server.stream))
  }

  #waitOf(server: Redis): ReplicaWait {
    const known = this.#replicas.get(server)
    if (known) return known
    const wait = new ReplicaWait(server, this.place)
    this.#replicas.set(server, wait)
    return wait
  }

  /** Those that went down with the connection are called once more; the others have their answers. */
  async runMany(calls: readonly Call[]): Promise<(Reply | Error)[]> {
    const replies = await this.guard(this.#link.scripts.runMany(calls))
    const cut = [...replies.keys()].filter((at) => hasEnded(replies[at]))
    if (cut.length === 0 || !(await this.#link.onceMore.mended())) return replies
    const again = await this.guard(this.#link.scripts.runMany(cut.flatMap((at) => calls[at] ?? [])))
    for (const [i, at] of cut.entries()) replies[at] = again[i] ?? null
    return replies
  }

  /** A read that may be made once more. */
  read<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return this.guard(this.#link.onceMore.run(call))
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
      if (known.code === 'store_away') this.#onAway?.(known)
      throw known
    }
  }

  /**
   * A connection on which no call was answered for so long is made anew: where a byte comes now and
   * then it is not deaf, and yet of no use.
   */
  #giveUpIfLate(error: unknown): void {
    if (messageOf(error) !== 'Command timed out') this.#answeredAtMs = performance.now()
    else if (performance.now() - this.#answeredAtMs > DEAF_MS) {
      this.#link.serverOf(this.keys.open)?.stream?.destroy()
    }
  }
}
