/**
 * Tenants of whom one has far more turns than the others: only who has a turn, and when it is due. A
 * seed brings the same moments back. Pure.
 */
import type { ConversationKey } from '../../src/message.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { keys, phoneOf } from './messages.ts'

export interface PlannedTurn {
  readonly tenant: string
  /** A turn each, so that no turn waits for another of the same person. */
  readonly conversation: ConversationKey
  readonly dueInMs: number
}

export interface Spread {
  readonly tenants: number
  readonly turnsEach: number
  readonly overMs: number
}

/** Turns of many tenants, spread over the time by chance. */
export function spreadTurns({ tenants, turnsEach, overMs }: Spread): PlannedTurn[] {
  const random = seededRandom(5)
  return Array.from({ length: tenants * turnsEach }, (_, n) => {
    const round = Math.floor(n / tenants)
    return planned(`few-${n % tenants}`, n, ((round + random()) / turnsEach) * overMs)
  })
}

export interface Waves {
  /** How many turns are due at the same moment, wave by wave. */
  readonly sizes: readonly number[]
  readonly everyMs: number
}

export function turnsInWaves(tenant: string, { sizes, everyMs }: Waves): PlannedTurn[] {
  const dueInMs = sizes.flatMap((size, wave) => Array<number>(size).fill(wave * everyMs))
  return dueInMs.map((inMs, n) => planned(tenant, n, inMs))
}

function planned(tenant: string, n: number, dueInMs: number): PlannedTurn {
  const conversation = keys.keyOf({ tenant, channel: 'whatsapp', peer: phoneOf(n) })
  return { tenant, conversation, dueInMs }
}
