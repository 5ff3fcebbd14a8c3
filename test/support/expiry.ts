import type { Redis } from 'ioredis'

const PARKED_MS = 1_000_000_000

/**
 * Redis counts TTLs by its own clock, the cases by theirs: each TTL is put off for ever, and what is
 * left of it is counted here.
 */
export class Expiry {
  readonly #client: Redis
  readonly #left = new Map<string, { ms: number; parkedAt: number }>()

  constructor(client: Redis) {
    this.#client = client
  }

  async pass(ms: number): Promise<void> {
    for (const key of await this.#client.keys('*')) {
      const at = await this.#client.pexpiretime(key)
      if (at < 0) continue
      const known = this.#left.get(key)
      // A TTL that was set anew, moments ago; the cases count in whole seconds.
      const before = known?.parkedAt === at ? known.ms : await this.#fresh(key)
      const left = before - ms
      if (left <= 0) {
        await this.#client.del(key)
        continue
      }
      await this.#client.pexpire(key, PARKED_MS)
      this.#left.set(key, { ms: left, parkedAt: await this.#client.pexpiretime(key) })
    }
  }

  async #fresh(key: string): Promise<number> {
    return Math.ceil((await this.#client.pttl(key)) / 1000) * 1000
  }
}
