/**
 * Tenants of whom one is big: twenty who each have a turn now and then, and one with a hundred times
 * as many, due in waves. Only who, and when it is due; a seed brings the same moments back. Pure.
 */
import type { ConversationKey } from '../../src/message.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { keys, phoneOf } from './messages.ts'

export const BIG = 'big'
const TIMES_AS_MANY = 100

export interface Crowd {
  readonly others: number
  readonly turnsEach: number
  /** From the first turn that is due to the last. */
  readonly overMs: number
  /** Of the big one: this many at the same moment, again and again. */
  readonly waves: number
}

export interface PlannedTurn {
  readonly tenant: string
  /** A turn each, so that no turn waits for another of the same person. */
  readonly conversation: ConversationKey
  readonly dueInMs: number
}

export function tenantsOf({ others }: Crowd): string[] {
  return [BIG, ...Array.from({ length: others }, (_, n) => `other-${n}`)]
}

/** Turns of the others, spread over the time by chance. */
export function turnsOfOthers({ others, turnsEach, overMs }: Crowd): PlannedTurn[] {
  const random = seededRandom(5)
  return Array.from({ length: others * turnsEach }, (_, n) => {
    const round = Math.floor(n / others)
    return planned(`other-${n % others}`, n, ((round + random()) / turnsEach) * overMs)
  })
}

export function turnsOfBig({ turnsEach, overMs, waves }: Crowd): PlannedTurn[] {
  const count = turnsEach * TIMES_AS_MANY
  return Array.from({ length: count }, (_, n) =>
    planned(BIG, n, (Math.floor((n * waves) / count) / waves) * overMs),
  )
}

function planned(tenant: string, n: number, dueInMs: number): PlannedTurn {
  const conversation = keys.keyOf({ tenant, channel: 'whatsapp', peer: phoneOf(n) })
  return { tenant, conversation, dueInMs }
}
