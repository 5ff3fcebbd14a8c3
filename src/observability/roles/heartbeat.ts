/** Says in the store that a role of this process is alive, so that a missing one is seen (P9). */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { BatchStore } from '../../batching/store.ts'
import type { AgreedValues, LiveRole, RoleBeat, RoleName } from '../../batching/store-roles.ts'
import { messageOf, RapidFireError } from '../../errors.ts'
import type { Deadline, Service } from '../../service.ts'
import type { Events } from '../events/events.ts'
import { missingRoles, type Neighbour, roleProblems, sentenceOf } from './role-problems.ts'

/** Two missed beats and a half make a role missing: within the 5 s that P9 allows. */
export const BEAT_MS = 1500
export const FRESH_MS = 4000

export interface HeartbeatDeps {
  readonly store: Pick<BatchStore, 'beat' | 'leave' | 'identity'>
  readonly events: Events
  readonly role: RoleName
  readonly version: string
  readonly agreed: { readonly digest: string; readonly values: AgreedValues }
  /** Processes that share our DATA_DIR, for who asks where a role may be. */
  readonly neighbours?: () => Promise<readonly Neighbour[]>
  /** Told at each beat who is alive. */
  readonly onLive?: (live: readonly LiveRole[]) => void
}

export class Heartbeat implements Service {
  readonly #deps: HeartbeatDeps
  readonly #instance = randomUUID().slice(0, 8)
  #last: RoleBeat | null = null
  #timer: NodeJS.Timeout | null = null
  #told: ReadonlySet<string> = new Set()

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    await this.#beat()
    this.#timer = setInterval(() => void this.#again(), BEAT_MS)
  }

  async #beat(): Promise<readonly LiveRole[]> {
    this.#last = this.#mine()
    const live = await this.#deps.store.beat(this.#last, FRESH_MS)
    this.#deps.onLive?.(live)
    return live
  }

  #mine(): RoleBeat & { readonly store: NonNullable<RoleBeat['store']> } {
    const { role, version, agreed, store } = this.#deps
    const { survives: _survives, findings: _findings, ...place } = store.identity()
    return {
      role,
      instance: this.#instance,
      host: hostname(),
      pid: process.pid,
      version,
      digest: agreed.digest,
      settings: agreed.values,
      store: place,
    }
  }

  async #again(): Promise<void> {
    try {
      const live = await this.#beat()
      if (this.#deps.role !== 'api') return
      const { neighbours = async () => [] } = this.#deps
      const beside = missingRoles(live).length > 0 ? await neighbours() : []
      const problems = roleProblems({ live, self: this.#mine(), neighbours: beside })
      this.#tellProblems(problems.map(sentenceOf))
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
    if (this.#last === null) return
    try {
      await deadline.race(this.#deps.store.leave(this.#last))
    } catch (error) {
      // Without a farewell the beat grows old by itself.
      this.#missed(error)
    }
  }
}
