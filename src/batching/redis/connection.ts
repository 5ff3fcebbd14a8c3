/** Connections to Redis: their options, and the first one, which says what is wrong. */
import type { Redis, RedisOptions } from 'ioredis'
import { messageOf, RapidFireError } from '../../errors.ts'
import { leaveReplica } from '../../leave-replica.ts'
import { redisError } from './errors.ts'

/** Replies stay as RESP2 clients know them. */
export type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>

export interface RedisTarget {
  /** redis:// or rediss://, with everything that it needs. */
  readonly url: string
  /** When the URL has none. */
  readonly password?: string | null
}

/** `redis 127.0.0.1:6379/0`: for people, without user and password. */
export function placeOf(target: RedisTarget): string {
  const url = new URL(target.url)
  return `redis ${url.hostname || '127.0.0.1'}:${url.port || 6379}/${databaseOf(target)}`
}

export function databaseOf(target: RedisTarget): number {
  return Number(new URL(target.url).pathname.slice(1) || 0)
}

/** Of one connection. */
const stayingConnected = () => ({
  // 50 ms after a cut, so that calls need not fail for it, then less and less often.
  retryStrategy: (times: number): number => Math.min(50 * 2 ** Math.min(times - 1, 5), 1000),
  reconnectOnError: leaveReplica(),
  // Its own guess of when it has loaded its data may be seconds too late.
  maxLoadingRetryTime: 500,
})

/** An answer that does not come for so long never will: the other side is gone without a word. */
export const DEAF_MS = 5000

/** A call ends within 2 s, so that callers are told: this, and the time in which a cut is mended. */
const CALL_MS = 1500

/**
 * Reconnects for ever, a second apart at most, so that a server that returns is used within a
 * second. Nothing waits in the client while it is away: the caller is told and decides.
 */
export function redisOptions(target: RedisTarget, more: ConnectionOptions = {}): ConnectionOptions {
  return {
    connectTimeout: 2000,
    commandTimeout: CALL_MS,
    socketTimeout: DEAF_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    lazyConnect: true,
    ...stayingConnected(),
    ...(target.password ? { password: target.password } : {}),
    ...more,
  }
}

/** Connects, or throws what is wrong in one sentence; never tries for longer than `withinMs`. */
export async function connect(redis: Redis, target: RedisTarget, withinMs: number): Promise<void> {
  const place = placeOf(target)
  let last: unknown = new Error('no answer')
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => void loadingOr(redis, last).then(reject), withinMs)
      redis.once('ready', () => {
        clearTimeout(timer)
        resolve()
      })
      redis.on('error', (error) => {
        last = error
        if (!isRefusal(error, place) && !NO_REDIS.test(messageOf(error))) return
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
    throw new RapidFireError(
      'store_unreachable',
      `${place} cannot be reached (${whyNot(messageOf(error))}): start it, or correct REDIS_URL`,
      { cause: error },
    )
  }
}

/** A server that reads its data after a restart answers that, and nothing else. */
async function loadingOr(redis: Redis, otherwise: unknown): Promise<unknown> {
  if (redis.status !== 'connect') return otherwise
  const info = await redis.info('persistence').catch(() => '')
  if (!/^loading:1/m.test(info)) return otherwise
  const share = /^loading_loaded_perc:([\d.]+)/m.exec(info)?.[1] ?? '0'
  return new Error(`it is still loading its data, ${Math.round(Number(share))} % so far`)
}

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
export async function checkDatabase(redis: Redis, database: number, place: string): Promise<void> {
  if (database === 0) return
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
