/** Which engine keeps the batches, with which waits, and which queue carries them: Redis when REDIS_URL is set, else SQLite. */
import { callOptions } from './batching/redis/connection.ts'
import { RATE_PREFIX } from './batching/redis/keys.ts'
import { partitionName } from './batching/redis/partition-count.ts'
import { PartitionedStore } from './batching/redis/partitioned-store.ts'
import { RedisStore } from './batching/redis/redis-store.ts'
import { SqliteStore } from './batching/sqlite/sqlite-store.ts'
import type { BatchStore, StoreTimes } from './batching/store.ts'
import type { Clock } from './clock.ts'
import type { Settings } from './config/settings.ts'
import { ConversationKeys } from './conversation-key.ts'
import { messageOf } from './errors.ts'
import { dedupeSOf } from './intake-choice.ts'
import { Events } from './observability/events/events.ts'
import type { Traces } from './observability/traces/traces.ts'
import { messageRules } from './operations/backup/message-rules.ts'
import { BullQueue, queueKeys } from './queue/bullmq.ts'
import { MemoryQueue } from './queue/memory.ts'
import { PartitionedQueue } from './queue/partitioned-queue.ts'
import type { MessageQueue } from './queue/queue.ts'
import { addressOf, placeOf, type RedisTarget } from './redis-address.ts'
import { openClient } from './redis-client.ts'
import type { Service } from './service.ts'
import { MAX_BACKOFF_MS } from './worker/backoff.ts'
import { MemoryRateLimit } from './worker/rate/memory-rate-limit.ts'
import type { RateLimit } from './worker/rate/rate-limit.ts'
import { RedisRateLimit } from './worker/rate/redis-rate-limit.ts'

/** A queue that has had a turn for so long may have lost it. */
const QUEUED_MS = 30_000

export function createStore(settings: Settings, events: Events, clock?: Clock): BatchStore {
  const times = storeTimes(settings)
  const { dataDir, ageS, defaultTenant, queueName } = settings
  const target = redisTarget(settings)
  if (!target) {
    return new SqliteStore({ dataDir, times, defaultTenant, ...(clock ? { clock } : {}) })
  }
  const options = {
    ...{ target, times, events, defaultTenant, mirrorMs: ageS * 1000 },
    risk: settings.storeRisk,
    durability: settings.redisDurability,
    ...(clock ? { clock } : {}),
  }
  const partitions = partitionsOf(settings)
  if (partitions === null) return new RedisStore({ ...options, queueKeys: queueKeys(queueName) })
  const { dedupeS } = settings
  const rules = messageRules({ keys: new ConversationKeys(defaultTenant), dedupeS, dedupeSOf })
  const queueKeysOf = (name: string): string => queueKeys(queueName, name)
  return new PartitionedStore({ ...options, partitions, rules, queueKeysOf })
}

function redisTarget({
  redisUrl,
  redisPassword,
}: Pick<Settings, 'redisUrl' | 'redisPassword'>): RedisTarget | null {
  return redisUrl === null ? null : { url: redisUrl, password: redisPassword }
}

/** On a Cluster there are always some, as their hash tag holds the keys of one together. */
const CLUSTER_PARTITIONS = 16

function partitionsOf(settings: Settings): number | null {
  const target = redisTarget(settings)
  if (target === null) return null
  if (addressOf(target).kind === 'cluster') return settings.partitions ?? CLUSTER_PARTITIONS
  return settings.partitions === 1 ? null : settings.partitions
}

export function createQueue(
  settings: Settings,
  events: Events,
  store: Pick<BatchStore, 'partOf'>,
  { telemetry }: Partial<Pick<Traces, 'telemetry'>> = {},
): MessageQueue {
  const { queueName, jobName, keepJobsS } = settings
  const target = redisTarget(settings)
  if (!target) return new MemoryQueue(events)
  const options = {
    ...{ ...target, queueName, jobName, keepJobsS, events },
    ...(telemetry !== undefined && { telemetry }),
  }
  const count = partitionsOf(settings)
  if (count === null) return new BullQueue(options)
  const partitions = Array.from({ length: count }, (_, n) => partitionName(n))
  return new PartitionedQueue({ ...options, partitions, partOf: (c) => store.partOf(c) })
}

/** So many a minute, over all workers that share a Redis. `isPaced`: an account has a pace to keep. */
export function createRateLimit(
  settings: Settings,
  events: Events,
  isPaced: boolean,
): RateLimit & Service {
  const { responderCallsPerMinute, tenants } = settings
  const target = redisTarget(settings)
  const isLimited = [...tenants.values()].some(({ turnsPerMinute }) => turnsPerMinute !== null)
  const needsNone = responderCallsPerMinute === null && !isLimited && !isPaced
  if (!target || needsNone) return new MemoryRateLimit()
  return new RedisRateLimit({
    client: openClient(target, callOptions()),
    prefix: RATE_PREFIX,
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
