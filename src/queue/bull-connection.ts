/** Connections to Redis for BullMQ: they come back by themselves, and none is waited for for ever. */
import { messageOf, RapidFireError } from '../errors.ts'
import type { RedisTarget } from '../redis-address.ts'
import { isCluster, openClient, type RedisClient } from '../redis-client.ts'
import { Deadline } from '../service.ts'

/**
 * No word for so long means that nobody is there: a worker blocks for a second. Only where somebody
 * else puts delayed jobs on the queue it blocks for longer, and is connected anew for nothing.
 */
const DEAF_MS = 5000
/** As ioredis words that a command had no answer in `commandTimeout`. */
const LATE = 'Command timed out'
/** A server without room for one more connection refuses it for ever; a start says so, ms. */
const READY_MS = 5000

export interface BullConnectionOptions {
  readonly maxRetriesPerRequest: number | null
  readonly enableOfflineQueue?: boolean
  readonly commandTimeout?: number
}

export function bullConnection(target: RedisTarget, options: BullConnectionOptions): RedisClient {
  return openClient(target, { socketTimeout: DEAF_MS, ...options })
}

/**
 * A connection on which a command was not answered in its time is made anew: where a byte comes now
 * and then it is not deaf, and yet of no use.
 */
export function giveUpIfLate(connection: RedisClient | null, error: unknown): void {
  if (messageOf(error) !== LATE || connection === null) return
  // Of a Cluster one node of several is deaf, and its own limit finds it.
  if (!isCluster(connection)) connection.stream?.destroy()
}

export async function isReady(connection: RedisClient): Promise<void> {
  if (connection.status === 'ready') return
  await new Promise<void>((resolve, reject) => {
    connection.once('ready', resolve)
    connection.once('end', () => reject(new Error('the connection was closed')))
  })
}

/** Or throws `store_unreachable`. */
export async function inTime(work: Promise<unknown>, queue: string): Promise<void> {
  if (await new Deadline(READY_MS).race(work)) return
  throw new RapidFireError(
    'store_unreachable',
    `${queue} gets no connection of its own: see maxclients and the log of that Redis`,
  )
}
