/** What an error of the store means for the spool. Pure. */
import { RapidFireError } from '../errors.ts'

/** The store as a whole takes nothing now: what was told is kept here until it does. */
const STORE_WIDE: ReadonlySet<string> = new Set([
  'store_away',
  'store_full',
  'store_auth',
  'store_rights',
  'store_cluster',
  'store_unreplicated',
])

export function isStoreWide(error: unknown): error is RapidFireError {
  return error instanceof RapidFireError && STORE_WIDE.has(error.code)
}

/** Never: no repeat will have it taken. */
export function isForGood(error: unknown): error is RapidFireError {
  return error instanceof RapidFireError && error.status >= 400 && error.status < 500
}

export interface SpoolLimits {
  readonly maxMessages: number
  readonly maxBytes: number
  /** Beyond it the store is not away but gone, and senders had better keep what they have. */
  readonly maxAgeMs: number
}

export interface SpoolLoad {
  readonly messages: number
  readonly bytes: number
  /** Null when nothing waits. */
  readonly oldestAgeMs: number | null
}

/** Why no more is taken, as a fact with the way out; null while there is room. */
export function whyFull(load: SpoolLoad, limits: SpoolLimits): string | null {
  if (load.messages >= limits.maxMessages) {
    return `${load.messages} messages wait in it: bring Redis back, or raise SPOOL_MAX_MESSAGES`
  }
  if (load.bytes >= limits.maxBytes) {
    const mb = Math.round(load.bytes / 1_048_576)
    return `it has ${mb} MB on the disk: bring Redis back, or raise SPOOL_MAX_MB`
  }
  if (load.oldestAgeMs !== null && load.oldestAgeMs >= limits.maxAgeMs) {
    const minutes = Math.round(load.oldestAgeMs / 60_000)
    return `its oldest message waits for ${minutes} minutes: bring Redis back, or raise SPOOL_MAX_AGE`
  }
  return null
}
