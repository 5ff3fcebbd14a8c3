/**
 * Whose store this is: its id and the tenant that its keys without one mean, under `rf:store`. Each
 * beat of a role reads whether it is still the same one, since nothing else would tell.
 */
import { hash, randomUUID } from 'node:crypto'
import type { Events } from '../../observability/events/events.ts'
import { otherTenant } from '../other-tenant.ts'
import type { StorePlace } from '../store-roles.ts'
import type { RedisCalls } from './calls.ts'
import { readScript, SCRIPTS } from './scripts.ts'

export interface NamingOptions {
  readonly defaultTenant: string
  readonly database: number
  readonly events: Events | undefined
}

export class RedisNaming {
  readonly #calls: RedisCalls
  readonly #options: NamingOptions
  /** `<id> <default tenant>`, as the store has it; behind them the id before it was emptied. */
  #name = ''
  #server: string | null = null
  readonly #schema = schemaOf()

  constructor(calls: RedisCalls, options: NamingOptions) {
    this.#calls = calls
    this.#options = options
  }

  get current(): Omit<StorePlace, 'engine' | 'place'> {
    const { keys } = this.#calls
    return {
      id: this.#id,
      server: this.#server,
      database: this.#options.database,
      prefix: keys.prefix,
      schema: this.#schema,
    }
  }

  get #id(): string {
    return this.#name.split(' ')[0] ?? ''
  }

  /** `info`: what the server says of itself. */
  metServer(info: ReadonlyMap<string, string>): void {
    this.#server = info.get('run_id') ?? null
  }

  /** At start; throws `store_other_tenant` when its keys mean other people. */
  async claim(): Promise<void> {
    const { defaultTenant } = this.#options
    const { redis, keys, place } = this.#calls
    const { store, open, turns, failed } = keys
    const mine = `${randomUUID()} ${defaultTenant}`
    this.#name = (await redis.set(store, mine, 'NX', 'GET')) ?? mine
    const [, tenant] = this.#name.split(' ')
    if (tenant === defaultTenant) return
    const kept = await Promise.all([open, turns, failed].map((key) => redis.zcard(key)))
    if (kept.some((count) => count > 0)) throw otherTenant(place, tenant, defaultTenant)
    this.#name = `${this.#id} ${defaultTenant}`
    await redis.set(store, this.#name)
  }

  /** `name`: as the store has it now. */
  async met(name: string): Promise<void> {
    if (name !== this.#name) await this.ping()
  }

  /** A write without an effect: PING is answered by a server that takes none. */
  async ping(): Promise<void> {
    const { redis, keys, place } = this.#calls
    const [former = '', tenant] = this.#name.split(' ')
    // An emptied store is a new one, so that every process sees it; whose it was stands behind.
    const anew = `${randomUUID()} ${tenant} ${former}`
    const held = await this.#calls.read(() => redis.set(keys.store, anew, 'NX', 'GET'))
    if (held === this.#name) return
    this.#name = held ?? anew
    // Emptied, or another one behind the same address: what was accepted before is not there.
    const emptied = this.#name.endsWith(` ${former}`)
    this.#options.events?.emit('store.changed', { place, emptied })
  }
}

/** Which scripts this version runs, in a few letters. */
function schemaOf(): string {
  const all = Object.keys(SCRIPTS).map(readScript).join('\0')
  return `scripts ${hash('sha256', all, 'hex').slice(0, 8)}`
}
