/** The product's store as both processes open it: the one that writes, and the one that looks. */
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import type { BatchStore, Limits, StoreTimes } from '../../src/batching/store.ts'

/** What a process has to be told to open the store. */
export type Place = { readonly dataDir: string } | { readonly url: string }

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Nothing ends by itself while a test runs: what is not there any more was lost. */
const TIMES: StoreTimes = {
  handoverMs: HOUR,
  queuedMs: HOUR,
  leaseMs: HOUR,
  maxStarts: 100,
  retentionMs: 24 * HOUR,
  historyTurns: 10,
  historyMs: 24 * HOUR,
  wakeMs: 1000,
  maxPending: 10_000_000,
  openHorizonMs: 24 * HOUR,
  turnHorizonMs: 24 * HOUR,
}

export const LIMITS: Limits = { ageMs: HOUR, maxSize: 1000, dedupeMs: 24 * HOUR }
export const IDLE_MS = HOUR

export function storeAt(place: Place): BatchStore {
  return 'url' in place
    ? new RedisStore({ target: { url: place.url }, times: TIMES, mirrorMs: MINUTE })
    : new SqliteStore({ dataDir: place.dataDir, times: TIMES })
}
