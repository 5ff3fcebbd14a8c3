/**
 * What a call to a model may cost a tenant: set aside before the call, so that calls under way
 * together see each other, and put right after it.
 *
 *   instead → reserve ──▶ correct (answered) · giveBack (surely no work) · neither (it may have cost)
 *
 * A call that finds no room has the reply that stands in for an answer, or throws `budget_spent`; one
 * that finds a little may go beyond it. A store that is away fails the call only where there is a
 * limit, and never one that is paid for: that is told, and the answer goes out.
 */
import { messageOf, RapidFireError } from '../../errors.ts'
import type { Events } from '../../observability/events/events.ts'
import type { Spending } from './spending.ts'

export interface Limit {
  /** Null: there is none. */
  readonly dailyTokens: number | null
  /** Null: the turn fails. */
  readonly budgetReply: string | null
}

/** Tokens that are set aside for one call. */
export interface Reservation {
  /** The call has cost so many. */
  correct(tokens: number): Promise<void>
  /** The call has surely cost nothing. */
  giveBack(): Promise<void>
}

export class Budget {
  readonly #spending: Spending
  readonly #events: Events

  constructor(spending: Spending, events: Events) {
    this.#spending = spending
    this.#events = events
  }

  /** The reply that stands in for an answer; null: there is room. */
  async instead(tenant: string, { dailyTokens, budgetReply }: Limit): Promise<string | null> {
    if (dailyTokens === null) return null
    const spent = await this.#spending.add(tenant, 0)
    return spent < dailyTokens ? null : (budgetReply ?? refuse(tenant, spent, dailyTokens))
  }

  /** A text is the reply that stands in for an answer: others have taken the room meanwhile. */
  async reserve(
    tenant: string,
    { dailyTokens, budgetReply }: Limit,
    tokens: number,
  ): Promise<Reservation | string> {
    if (dailyTokens === null) {
      const counted = await this.#count(tenant, tokens)
      return this.#reservation(tenant, counted ? tokens : 0)
    }
    const before = (await this.#spending.add(tenant, tokens)) - tokens
    const reservation = this.#reservation(tenant, tokens)
    if (before < dailyTokens) return reservation
    await reservation.giveBack()
    return budgetReply ?? refuse(tenant, before, dailyTokens)
  }

  #reservation(tenant: string, reserved: number): Reservation {
    const correct = async (tokens: number): Promise<void> => {
      if (tokens !== reserved) await this.#count(tenant, tokens - reserved)
    }
    return { correct, giveBack: () => correct(0) }
  }

  /** Whether it was counted; a timeout of the store may have counted too. */
  async #count(tenant: string, tokens: number): Promise<boolean> {
    try {
      await this.#spending.add(tenant, tokens)
      return true
    } catch (error) {
      const where = `counting ${tokens} tokens of tenant ${tenant}`
      this.#events.emit('internal.error', { where, error: messageOf(error) })
      return false
    }
  }
}

function refuse(tenant: string, spent: number, limit: number): never {
  throw new RapidFireError(
    'budget_spent',
    `tenant ${tenant} has spent ${spent} of its ${limit} tokens today: raise AI_DAILY_TOKENS, or set AI_BUDGET_REPLY`,
  )
}
