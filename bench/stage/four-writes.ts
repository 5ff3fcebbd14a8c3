/**
 * How the brief's API adds a message: RPUSH, SET, EXPIRE, EXPIRE. As it describes them, each a
 * command of its own; and, kinder than it asks for, all in one script.
 */
import { Redis } from 'ioredis'
import { RedisKeys } from '../../src/batching/redis/keys.ts'
import type { Append } from '../../src/batching/store.ts'
import { TTL_MS } from './stores.ts'

const TTL_S = TTL_MS / 1000
const SCRIPT = `
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])`

export class FourWrites implements Disposable {
  readonly #redis: Redis
  readonly #keys = new RedisKeys()

  constructor(url: string) {
    this.#redis = new Redis(url)
    this.#redis.defineCommand('fourWrites', { numberOfKeys: 2, lua: SCRIPT })
  }

  async append(append: Append): Promise<void> {
    const [list, mirror] = this.#keysOf(append)
    for (const { payload } of append.messages) {
      await this.#redis.rpush(list, payload)
      await this.#redis.set(mirror, Date.now())
      await this.#redis.expire(list, TTL_S)
      await this.#redis.expire(mirror, TTL_S)
    }
  }

  /** One message; the script has no place for more. */
  inOneScript(append: Append): Promise<unknown> {
    const values = [append.messages[0]?.payload ?? '', Date.now(), TTL_S]
    const command = Reflect.get(this.#redis, 'fourWrites') as (...words: unknown[]) => Promise<null>
    return command.call(this.#redis, ...this.#keysOf(append), ...values)
  }

  #keysOf({ conversation }: Append): readonly [list: string, mirror: string] {
    return [this.#keys.list(conversation), this.#keys.mirror(conversation)]
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect()
  }
}
