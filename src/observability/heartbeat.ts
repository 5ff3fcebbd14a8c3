/** Says in the store that a role of this process is alive, so that a missing one is seen (P9). */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { BatchStore, RoleBeat } from '../batching/store.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { Deadline, Service } from '../service.ts'
import type { Events } from './events.ts'
import { roleProblems } from './role-problems.ts'

/** Two missed beats and a half make a role missing: within the 5 s that P9 allows. */
export const BEAT_MS = 1500
export const FRESH_MS = 4000

export interface HeartbeatDeps {
  readonly store: Pick<BatchStore, 'beat' | 'leave'>
  readonly events: Events
  readonly role: RoleBeat['role']
  readonly version: string
  readonly digest: string
}

export class Heartbeat implements Service {
  readonly #deps: HeartbeatDeps
  readonly #beat: RoleBeat
  #timer: NodeJS.Timeout | null = null
  #told: ReadonlySet<string> = new Set()

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps
    this.#beat = {
      role: deps.role,
      instance: randomUUID().slice(0, 8),
      host: hostname(),
      pid: process.pid,
      version: deps.version,
      digest: deps.digest,
    }
  }

  async start(): Promise<void> {
    await this.#deps.store.beat(this.#beat, FRESH_MS)
    this.#timer = setInterval(() => void this.#again(), BEAT_MS)
  }

  async #again(): Promise<void> {
    try {
      const live = await this.#deps.store.beat(this.#beat, FRESH_MS)
      if (this.#deps.role === 'api') this.#tellProblems(roleProblems(live, this.#deps.digest))
    } catch (error) {
      this.#missed(error)
    }
  }

  /** Each once, when it begins: `/health` says it as long as it lasts. */
  #tellProblems(problems: readonly string[]): void {
    for (const sentence of problems) {
      if (!this.#told.has(sentence)) this.#deps.events.emit('roles.split', { sentence })
    }
    this.#told = new Set(problems)
  }

  /** The role falls silent, which is what the others have to see; that the store is away it says itself. */
  #missed(error: unknown): void {
    if (error instanceof RapidFireError && error.code === 'store_away') return
    const { events, role } = this.#deps
    events.emit('heartbeat.missed', { role, error: messageOf(error) })
  }

  async stop(deadline: Deadline): Promise<void> {
    if (!this.#timer) return
    clearInterval(this.#timer)
    this.#timer = null
    try {
      await deadline.race(this.#deps.store.leave(this.#beat))
    } catch (error) {
      // Without a farewell the beat grows old by itself.
      this.#missed(error)
    }
  }
}
