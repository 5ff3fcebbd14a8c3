import type { Redis } from 'ioredis'

/** The cases count in halves of a second, and none of them asks for a TTL below five. */
const SLACK_MS = 400
const LEAST_MS = 4900

/**
 * Redis counts TTLs by its own clock, the cases by theirs: what is left of each is counted here. What
 * Redis has is a little more, so that none ends by itself between two steps, and still less than any
 * that a script would find too short and renew.
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
      await this.#client.pexpire(key, Math.max(LEAST_MS, left + SLACK_MS))
      this.#left.set(key, { ms: left, parkedAt: await this.#client.pexpiretime(key) })
    }
  }

  async #fresh(key: string): Promise<number> {
    return Math.ceil((await this.#client.pttl(key)) / 1000) * 1000
  }
}
