/** Connections of the store to Redis: their options, and the first one, which says what is wrong. */
import { messageOf, RapidFireError } from '../../errors.ts'
import { placeOf, type RedisTarget } from '../../redis-address.ts'
import { type ClientOptions, isCluster, type RedisClient } from '../../redis-client.ts'
import { redisError } from './errors.ts'

/** An answer that does not come for so long never will: the other side is gone without a word. */
export const DEAF_MS = 5000

/** A call ends within 2 s, so that callers are told: this, and the time in which a cut is mended. */
const CALL_MS = 1500

/**
 * A server that returns is used within a second. Nothing waits in the client while it is away: the
 * caller is told and decides.
 */
export function callOptions(more: ClientOptions = {}): ClientOptions {
  return {
    commandTimeout: CALL_MS,
    socketTimeout: DEAF_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    lazyConnect: true,
    ...more,
  }
}

/** Connects, or throws what is wrong in one sentence; never tries for longer than `withinMs`. */
export async function connect(
  redis: RedisClient,
  target: RedisTarget,
  withinMs: number,
): Promise<void> {
  const place = placeOf(target)
  let last: unknown = new Error('no answer')
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => void loadingOr(redis, last).then(reject), withinMs)
      redis.once('ready', () => {
        clearTimeout(timer)
        resolve()
      })
      redis.on('error', (told) => {
        const error = ofNode(told)
        last = error
        const isFinal = NO_REDIS.test(messageOf(error)) || NO_CLUSTER.test(messageOf(error))
        if (!isRefusal(error, place) && !isFinal) return
        clearTimeout(timer)
        reject(error)
      })
      redis.connect().catch(() => {
        // It only says that the connection ended; the error events say why.
      })
    })
  } catch (error) {
    redis.disconnect()
    if (isRefusal(error, place)) throw redisError(error, place)
    if (NO_CLUSTER.test(messageOf(error))) throw noCluster(place)
    throw new RapidFireError(
      'store_unreachable',
      `${place} cannot be reached (${whyNot(messageOf(error))}): start it, or correct REDIS_URL`,
      { cause: error },
    )
  }
}

/** A server that reads its data after a restart answers that, and nothing else. */
async function loadingOr(redis: RedisClient, otherwise: unknown): Promise<unknown> {
  if (redis.status !== 'connect') return otherwise
  const info = await redis.info('persistence').catch(() => '')
  if (!/^loading:1/m.test(info)) return otherwise
  const share = /^loading_loaded_perc:([\d.]+)/m.exec(info)?.[1] ?? '0'
  return new Error(`it is still loading its data, ${Math.round(Number(share))} % so far`)
}

/** A Cluster of which no node answers says that, and beside it what the last one of them said. */
function ofNode(error: Error & { lastNodeError?: Error | undefined }): Error {
  return error.lastNodeError ?? error
}

function noCluster(place: string): RapidFireError {
  return new RapidFireError(
    'store_unreachable',
    `${place} is no Redis Cluster: write redis://… in REDIS_URL, or redis+cluster://… with nodes of one`,
  )
}

/** As a server says it that is asked as a node. */
const NO_CLUSTER = /cluster support disabled/
/** Other programs answer too. */
const NO_REDIS = /^Unknown RESP type/

function isRefusal(error: unknown, place: string): boolean {
  const { code } = redisError(error, place)
  return code === 'store_auth' || code === 'store_rights'
}

function whyNot(text: string): string {
  if (NO_REDIS.test(text)) return 'what answers there is no Redis'
  return text === '' || text === 'Command timed out' ? 'no answer' : text
}

/** A client that may not select its database goes on with the first one, which is another's. */
export async function checkDatabase(
  redis: RedisClient,
  database: number,
  place: string,
): Promise<void> {
  if (database === 0 || isCluster(redis)) return
  try {
    await redis.select(database)
  } catch (error) {
    const known = redisError(error, place)
    if (known.code !== 'internal') throw known
    throw new RapidFireError(
      'store_unreachable',
      `${place}: there is no database ${database} (${messageOf(error)}): name another in REDIS_URL, or raise \`databases\` in redis.conf`,
      { cause: error },
    )
  }
}
