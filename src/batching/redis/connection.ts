/** Connections to Redis: options, the judgement at start, and which deaths a write survives. */
import type { Redis, RedisOptions } from 'ioredis'
import { messageOf, RapidFireError } from '../../errors.ts'
import type { Survives } from '../store.ts'
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

/** For every connection to a Redis, whoever's it is. */
export const STAYING_CONNECTED = {
  retryStrategy: (times: number): number => Math.min(50 * 2 ** Math.min(times, 5), 1000),
  // After a failover behind one address the old connection leads to a replica, for ever.
  reconnectOnError: (error: Error): boolean => error.message.startsWith('READONLY'),
}

/** An answer that does not come for so long never will: the other side is gone without a word. */
const DEAF_MS = 5000

/**
 * Reconnects for ever, a second apart at most, so that a server that returns is used within a
 * second. Nothing waits in the client while it is away: the caller is told and decides.
 */
export function redisOptions(target: RedisTarget, more: ConnectionOptions = {}): ConnectionOptions {
  return {
    connectTimeout: 2000,
    commandTimeout: 2000,
    socketTimeout: DEAF_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    lazyConnect: true,
    ...STAYING_CONNECTED,
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
      const timer = setTimeout(() => reject(last), withinMs)
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

/**
 * Redis 7 or newer: older ones cannot refuse a script whole when memory is full. And one that keeps
 * what it is given: any other policy deletes messages, or the ids by which repeats are known.
 */
export async function checkServer(redis: Redis, place: string): Promise<void> {
  const info = await redis.info().catch((error) => {
    throw redisError(error, place)
  })
  const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown'
  if (!(Number.parseInt(version, 10) >= 7)) {
    throw new RapidFireError(
      'store_too_old',
      `${place} is Redis ${version}: 7 or newer is needed, since older ones may leave half of a write`,
    )
  }
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? 'noeviction'
  if (policy !== 'noeviction') {
    throw new RapidFireError(
      'store_evicts',
      `${place} deletes data when its memory is full (maxmemory-policy ${policy}): set maxmemory-policy noeviction there`,
    )
  }
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

/** CONFIG refused, as on many hosted servers, means that nothing can be said. */
export async function survivalOf(redis: Redis): Promise<readonly Survives[]> {
  try {
    const [, appendOnly] = (await redis.config('GET', 'appendonly')) as string[]
    const [, fsync] = (await redis.config('GET', 'appendfsync')) as string[]
    if (appendOnly !== 'yes') return []
    return fsync === 'always' ? ['process', 'host'] : ['process']
  } catch (error) {
    if (redisError(error, '').code === 'store_away') throw error
    return ['unknown']
  }
}
