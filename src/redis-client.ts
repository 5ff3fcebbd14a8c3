/** A client for wherever Redis is: one server, the primary that Sentinels name, or a Cluster. */
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { leaveReplica } from './leave-replica.ts'
import { addressOf, type RedisTarget } from './redis-address.ts'

export type RedisClient = Redis | Cluster
/** Replies stay as RESP2 clients know them. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>

/** 50 ms after a cut, so that calls need not fail for it, then less and less often, a second at most. */
const backSoon = (times: number): number => Math.min(50 * 2 ** Math.min(times - 1, 5), 1000)
/** As often, a tenth of a second apart, a node of a Cluster that is gone is tried before a call fails. */
const CLUSTER_TRIES = 12
/**
 * Stays connected: it comes back by itself, for ever, unless it is told to end. `slotsEveryMs`: so often
 * a Cluster is asked who has what, since a node that hangs tells nobody that it lost its slots.
 */
export function openClient(
  target: RedisTarget,
  options: ClientOptions,
  slotsEveryMs?: number,
): RedisClient {
  const address = addressOf(target)
  const { kind, nodes, primary, database, username, password, sentinelPassword, isTls } = address
  const common: ClientOptions = {
    connectTimeout: 2000,
    retryStrategy: backSoon,
    reconnectOnError: leaveReplica(),
    // Its own guess of when the server has loaded its data may be seconds too late.
    maxLoadingRetryTime: 500,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(address.family !== null && { family: address.family }),
    ...(isTls && { tls: {} }),
    ...options,
  }
  if (kind === 'server') return new Redis({ ...common, ...nodes[0], db: database })
  if (kind === 'sentinel') {
    return new Redis({
      ...common,
      sentinels: [...nodes],
      name: primary ?? '',
      db: database,
      sentinelRetryStrategy: backSoon,
      ...(sentinelPassword !== null && { sentinelPassword }),
      ...(isTls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    })
  }
  const { retryStrategy: _, enableOfflineQueue = true, lazyConnect = false, ...ofNodes } = common
  return new Cluster([...nodes], {
    enableOfflineQueue,
    lazyConnect,
    clusterRetryStrategy: backSoon,
    maxRedirections: CLUSTER_TRIES,
    slotsRefreshInterval: slotsEveryMs,
    redisOptions: ofNodes,
  })
}

export function isCluster(client: RedisClient): client is Cluster {
  return client instanceof Cluster
}
