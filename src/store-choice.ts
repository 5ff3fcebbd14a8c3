/** Which engine keeps the batches, with which waits, and which queue carries them: Redis when REDIS_URL is set, else SQLite. */
import { placeOf, redisOptions } from './batching/redis/connection.ts'
import { RATE_PREFIX } from './batching/redis/keys.ts'
import { RedisStore } from './batching/redis/redis-store.ts'
import { SqliteStore } from './batching/sqlite/sqlite-store.ts'
import type { BatchStore, StoreTimes } from './batching/store.ts'
import type { Clock } from './clock.ts'
import type { Settings } from './config/settings.ts'
import { messageOf } from './errors.ts'
import { Events } from './observability/events/events.ts'
import type { Traces } from './observability/traces/traces.ts'
import { BullQueue, queueKeys } from './queue/bullmq.ts'
import { MemoryQueue } from './queue/memory.ts'
import type { MessageQueue } from './queue/queue.ts'
import type { Service } from './service.ts'
import { MAX_BACKOFF_MS } from './worker/backoff.ts'
import { MemoryRateLimit } from './worker/rate/memory-rate-limit.ts'
import type { RateLimit } from './worker/rate/rate-limit.ts'
import { RedisRateLimit } from './worker/rate/redis-rate-limit.ts'

/** A queue that has had a turn for so long may have lost it. */
const QUEUED_MS = 30_000

export function createStore(settings: Settings, events: Events, clock?: Clock): BatchStore {
  const times = storeTimes(settings)
  const { redisUrl, redisPassword, queueName, dataDir, ageS, defaultTenant, storeRisk } = settings
  if (!redisUrl) {
    return new SqliteStore({ dataDir, times, defaultTenant, ...(clock ? { clock } : {}) })
  }
  return new RedisStore({
    target: { url: redisUrl, password: redisPassword },
    times,
    mirrorMs: ageS * 1000,
    queueKeys: queueKeys(queueName),
    events,
    risk: storeRisk,
    defaultTenant,
    ...(clock ? { clock } : {}),
  })
}

export function createQueue(
  settings: Settings,
  events: Events,
  { telemetry }: Partial<Pick<Traces, 'telemetry'>> = {},
): MessageQueue {
  const { redisUrl, redisPassword, queueName, jobName, keepJobsS } = settings
  if (!redisUrl) return new MemoryQueue(events)
  return new BullQueue({
    url: redisUrl,
    password: redisPassword,
    queueName,
    jobName,
    keepJobsS,
    events,
    ...(telemetry !== undefined && { telemetry }),
  })
}

/** So many a minute, over all workers that share a Redis. `isPaced`: an account has a pace to keep. */
export function createRateLimit(
  settings: Settings,
  events: Events,
  isPaced: boolean,
): RateLimit & Service {
  const { redisUrl: url, redisPassword: password, responderCallsPerMinute, tenants } = settings
  const isLimited = [...tenants.values()].some(({ turnsPerMinute }) => turnsPerMinute !== null)
  const needsNone = responderCallsPerMinute === null && !isLimited && !isPaced
  if (!url || needsNone) return new MemoryRateLimit()
  return new RedisRateLimit({
    url,
    prefix: RATE_PREFIX,
    connection: redisOptions({ url, password }),
    onAway: (error) => events.emit('rate.missing', { error: messageOf(error) }),
  })
}

/**
 * A started store for one command, when no service is alive. The caller stops it. One that may lose
 * what it has is opened all the same: the command may be there to save it.
 */
export async function openStore(settings: Settings, events = new Events()): Promise<BatchStore> {
  const store = createStore({ ...settings, storeRisk: 'accept' }, events)
  await store.start()
  return store
}

/** Where the settings have the store, for people; never a user or a password. */
export function storePlace({ redisUrl, dataDir }: Settings): string {
  return redisUrl ? placeOf({ url: redisUrl }) : dataDir
}

export function storeTimes(settings: Settings): StoreTimes {
  const ages = [...settings.tenants.values()].map((tenant) => tenant.ageMs)
  return {
    handoverMs: settings.handoverMs,
    queuedMs: QUEUED_MS,
    leaseMs: settings.leaseMs,
    maxStarts: settings.maxStarts,
    retentionMs: settings.retentionS * 1000,
    historyTurns: settings.historyTurns,
    historyMs: Math.min(settings.historyHours * 3_600_000, settings.retentionS * 1000),
    wakeMs: settings.checkMs,
    maxPending: settings.maxPending,
    openHorizonMs: Math.max(settings.ageS * 1000, ...ages),
    turnHorizonMs: Math.max(
      MAX_BACKOFF_MS,
      QUEUED_MS,
      settings.leaseMs,
      settings.handoverMs,
      settings.callbackMs,
    ),
  }
}
