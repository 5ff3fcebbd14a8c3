/**
 * How much one account may send a minute and a day. Pure.
 *
 * A number that is new to its messenger is watched: it begins with little and gets more each day.
 */
import type { SendLimits } from '../channels/channel.ts'
import type { TenantSettings } from '../config/settings.ts'

export interface Ceilings {
  /** Null = no ceiling. */
  readonly perMinute: number | null
  readonly perDay: number | null
}

const DAY_MS = 86_400_000
export const WARM_UP_DAYS = 14
const FIRST_DAY = 50
const GROWTH_A_DAY = 1.3
const FIRST_MINUTE = 5

/** What the tenant sets goes before what the channel is known to bear; 0 = no ceiling. */
export function ceilingsAt(
  limits: Pick<SendLimits, 'perMinute' | 'perDay'>,
  set: Pick<TenantSettings, 'sendPerMinute' | 'sendPerDay' | 'sendNewSince'>,
  nowMs: number,
): Ceilings {
  const perMinute = chosen(set.sendPerMinute, limits.perMinute)
  const perDay = chosen(set.sendPerDay, limits.perDay)
  const day = set.sendNewSince === null ? WARM_UP_DAYS : dayOf(set.sendNewSince, nowMs)
  if (day >= WARM_UP_DAYS) return { perMinute, perDay }
  return {
    perMinute: least(perMinute, Math.round(FIRST_MINUTE + day)),
    perDay: least(perDay, Math.round(FIRST_DAY * GROWTH_A_DAY ** day)),
  }
}

function chosen(set: number | null, known: number | null): number | null {
  if (set === null) return known
  return set === 0 ? null : set
}

function dayOf(since: string, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - Date.parse(since)) / DAY_MS))
}

function least(one: number | null, other: number): number {
  return one === null ? other : Math.min(one, other)
}
