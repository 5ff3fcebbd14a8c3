/**
 * Health: whether all roles are alive, see the same store and have the same settings.
 *
 * Every role says so in the store each second or two (heartbeat.ts). What has not is missing, also
 * when it is alive and looks at another store: from here the two are the same, unless it shares our
 * DATA_DIR and says there which one it looks at. An API that stands in for a missing processor is told
 * of, and hides nothing: a processor is missing all the same.
 */
import { hostname } from 'node:os'
import type { BatchStore } from '../../batching/store.ts'
import type { AgreedValues, LiveRole, RoleName, StoreIdentity } from '../../batching/store-roles.ts'
import { messageOf, RapidFireError } from '../../errors.ts'
import { Deadline } from '../../service.ts'
import type { Spool, SpoolState } from '../../spool/spool.ts'
import { FRESH_MS } from './heartbeat.ts'
import {
  missingRoles,
  type Neighbour,
  ROLE_NAMES,
  type RolesSeen,
  roleProblems,
  sentenceOf,
  standInSentence,
} from './role-problems.ts'

/** What the spool is for; a right that is missing has to be given by somebody. */
const PASSING: ReadonlySet<string> = new Set(['store_away', 'store_full', 'store_unreplicated'])
/** Below the 5 s in which a split must be seen. */
const ANSWER_MS = 2000

export interface StoreHealth {
  readonly engine: StoreIdentity['engine']
  readonly place: string
  readonly id: string
  readonly server: string | null
  readonly database: number | null
  readonly prefix: string
  readonly survives: StoreIdentity['survives']
  readonly findings: StoreIdentity['findings']
  readonly reachable: boolean
}

type Agreed = { readonly digest: string; readonly values: AgreedValues }

/** Where it is stays on this machine. */
export type SpoolHealth = Omit<SpoolState, 'folder'>

export interface RoleState {
  readonly role: RoleName
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
  readonly spool?: SpoolHealth
}

export interface ReadyAnswer {
  readonly ready: boolean
  readonly role: 'api'
  readonly problems: readonly string[]
  readonly store: StoreHealth
  readonly spool?: SpoolHealth
}

/** Both answer within their own deadline and never throw for what they are there to report. */
export interface Health {
  health(): Promise<HealthAnswer>
  ready(): Promise<ReadyAnswer>
}

export class RoleHealth implements Health {
  readonly #store: Pick<BatchStore, 'identity' | 'ping' | 'beat'>
  readonly #agreed: Agreed
  readonly #neighbours: () => Promise<readonly Neighbour[]>
  readonly #answerMs: number
  readonly #spool: Pick<Spool, 'state' | 'hasRoom'> | null

  constructor(deps: {
    store: Pick<BatchStore, 'identity' | 'ping' | 'beat'>
    /** The settings of this process that all roles must share. */
    agreed: Agreed
    /** Processes that share our DATA_DIR and are alive. */
    neighbours?: () => Promise<readonly Neighbour[]>
    /** What keeps messages while the store takes none. */
    spool?: Pick<Spool, 'state' | 'hasRoom'> | null
    answerMs?: number
  }) {
    this.#store = deps.store
    this.#agreed = deps.agreed
    this.#neighbours = deps.neighbours ?? (async () => [])
    this.#spool = deps.spool ?? null
    this.#answerMs = deps.answerMs ?? ANSWER_MS
  }

  async health(): Promise<HealthAnswer> {
    const asked = await this.#ask(() => this.#store.beat(null, FRESH_MS))
    const store = this.#storeHealth(asked.problem === null)
    if (asked.problem !== null) {
      const problems = [asked.problem]
      return { status: 'unhealthy', missing: [], problems, roles: [], store, ...this.#spooled() }
    }
    const live = asked.value
    const missing = missingRoles(live)
    const standIn = standInSentence(live)
    const problems = [
      ...roleProblems(await this.seen(live)).map(sentenceOf),
      ...(standIn === null ? [] : [standIn]),
    ]
    const status = problems.length === 0 ? 'ok' : 'unhealthy'
    return { status, missing, problems, roles: summary(live), store, ...this.#spooled() }
  }

  /** What is judged: who is alive, and where those are that are not. */
  async seen(live: readonly LiveRole[]): Promise<RolesSeen> {
    const { digest, values: settings } = this.#agreed
    const store = this.#store.identity()
    return {
      live,
      self: { role: 'api', host: hostname(), pid: process.pid, digest, settings, store },
      neighbours: missingRoles(live).length === 0 ? [] : await this.#neighbours(),
    }
  }

  async ready(): Promise<ReadyAnswer> {
    const asked = await this.#ask(() => this.#store.ping())
    const { problem } = asked
    const spools = problem !== null && PASSING.has(asked.code) && this.#spool?.hasRoom() === true
    const problems =
      problem === null ? [] : [spools ? `${problem}; messages go to the spool` : problem]
    return {
      ready: problem === null || spools,
      role: 'api',
      problems,
      store: this.#storeHealth(problem === null),
      ...this.#spooled(),
    }
  }

  async #ask<T>(
    question: () => Promise<T>,
  ): Promise<{ problem: null; value: T } | { problem: string; code: string }> {
    try {
      const answer = question()
      if (await new Deadline(this.#answerMs).race(answer)) {
        return { problem: null, value: await answer }
      }
      return { problem: `the store did not answer within ${this.#answerMs} ms`, code: 'store_away' }
    } catch (error) {
      const code = error instanceof RapidFireError ? error.code : 'internal'
      return { problem: `the store is away: ${messageOf(error)}`, code }
    }
  }

  #spooled(): { spool?: SpoolHealth } {
    if (this.#spool === null) return {}
    const { folder: _, ...spool } = this.#spool.state()
    return { spool }
  }

  #storeHealth(reachable: boolean): StoreHealth {
    const { schema: _, ...identity } = this.#store.identity()
    return { ...identity, reachable }
  }
}

function summary(live: readonly LiveRole[]): RoleState[] {
  return [...ROLE_NAMES, 'standIn' as const].flatMap((role) => {
    const beats = live.filter((beat) => beat.role === role)
    if (beats.length === 0) return []
    return [{ role, instances: beats.length, ageMs: Math.min(...beats.map(({ ageMs }) => ageMs)) }]
  })
}
