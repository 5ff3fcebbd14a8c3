/**
 * Health: whether all roles are alive, see the same store and have the same settings.
 *
 * Every role says so in the store each second or two (heartbeat.ts). What has not is missing, also
 * when it is alive and looks at another store: from here the two are the same.
 */
import type { BatchStore, LiveRole, RoleBeat, StoreIdentity } from '../batching/store.ts'
import { messageOf } from '../errors.ts'
import { Deadline } from '../service.ts'
import { FRESH_MS } from './heartbeat.ts'
import { missingRoles, ROLE_NAMES, roleProblems } from './role-problems.ts'

/** Below the 5 s in which a split must be seen. */
const ANSWER_MS = 2000

export interface StoreHealth {
  readonly engine: StoreIdentity['engine']
  readonly place: string
  readonly id: string
  readonly survives: StoreIdentity['survives']
  readonly findings: StoreIdentity['findings']
  readonly reachable: boolean
}

export interface RoleState {
  readonly role: RoleBeat['role']
  readonly instances: number
  /** Since the last sign of life of the freshest one. */
  readonly ageMs: number
}

export interface HealthAnswer {
  readonly status: 'ok' | 'unhealthy'
  readonly missing: readonly string[]
  /** One sentence each, with the way out. */
  readonly problems: readonly string[]
  readonly roles: readonly RoleState[]
  readonly store: StoreHealth
}

export interface ReadyAnswer {
  readonly ready: boolean
  readonly role: 'api'
  readonly problems: readonly string[]
  readonly store: StoreHealth
}

/** Both answer within their own deadline and never throw for what they are there to report. */
export interface Health {
  health(): Promise<HealthAnswer>
  ready(): Promise<ReadyAnswer>
}

export class RoleHealth implements Health {
  readonly #store: Pick<BatchStore, 'identity' | 'ping' | 'beat'>
  readonly #digest: string
  readonly #answerMs: number

  /** `digest`: of the settings of this process that all roles must share. */
  constructor(deps: {
    store: Pick<BatchStore, 'identity' | 'ping' | 'beat'>
    digest: string
    answerMs?: number
  }) {
    this.#store = deps.store
    this.#digest = deps.digest
    this.#answerMs = deps.answerMs ?? ANSWER_MS
  }

  async health(): Promise<HealthAnswer> {
    const asked = await this.#ask(() => this.#store.beat(null, FRESH_MS))
    const store = this.#storeHealth(asked.problem === null)
    if (asked.problem !== null) {
      return { status: 'unhealthy', missing: [], problems: [asked.problem], roles: [], store }
    }
    const live = asked.value
    const missing = missingRoles(live)
    const problems = roleProblems(live, this.#digest)
    const status = problems.length === 0 ? 'ok' : 'unhealthy'
    return { status, missing, problems, roles: summary(live), store }
  }

  async ready(): Promise<ReadyAnswer> {
    const { problem } = await this.#ask(() => this.#store.ping())
    const problems = problem === null ? [] : [problem]
    return {
      ready: problem === null,
      role: 'api',
      problems,
      store: this.#storeHealth(problem === null),
    }
  }

  async #ask<T>(
    question: () => Promise<T>,
  ): Promise<{ problem: null; value: T } | { problem: string }> {
    try {
      const answer = question()
      if (await new Deadline(this.#answerMs).race(answer)) {
        return { problem: null, value: await answer }
      }
      return { problem: `the store did not answer within ${this.#answerMs} ms` }
    } catch (error) {
      return { problem: `the store is away: ${messageOf(error)}` }
    }
  }

  #storeHealth(reachable: boolean): StoreHealth {
    const { engine, place, id, survives, findings } = this.#store.identity()
    return { engine, place, id, survives, findings, reachable }
  }
}

function summary(live: readonly LiveRole[]): RoleState[] {
  return ROLE_NAMES.flatMap((role) => {
    const beats = live.filter((beat) => beat.role === role)
    if (beats.length === 0) return []
    return [{ role, instances: beats.length, ageMs: Math.min(...beats.map(({ ageMs }) => ageMs)) }]
  })
}
