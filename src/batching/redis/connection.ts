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

/**
 * Reconnects for ever, a second apart at most, so that a server that returns is used within a
 * second. Nothing waits in the client while it is away: the caller is told and decides.
 */
export function redisOptions(target: RedisTarget, more: ConnectionOptions = {}): ConnectionOptions {
  return {
    connectTimeout: 2000,
    commandTimeout: 2000,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    lazyConnect: true,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1000),
    ...(target.password ? { password: target.password } : {}),
    ...more,
  }
}

/** Connects, or throws what is wrong in one sentence; never tries for longer than `withinMs`. */
export async function connect(redis: Redis, target: RedisTarget, withinMs: number): Promise<void> {
  const place = placeOf(target)
  let last: unknown = new Error('no answer')
  const note = (error: unknown): void => {
    last = error
  }
  redis.on('error', note)
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(last), withinMs)
      redis.once('ready', () => {
        clearTimeout(timer)
        resolve()
      })
      redis.on('error', (error) => {
        if (redisError(error, place).code === 'store_auth') {
          clearTimeout(timer)
          reject(error)
        }
      })
      redis.connect().catch(note)
    })
  } catch (error) {
    redis.disconnect()
    const known = redisError(error, place)
    if (known.code === 'store_auth' || known.code === 'store_rights') throw known
    throw new RapidFireError(
      'store_unreachable',
      `${place} cannot be reached (${messageOf(error) || 'no answer'}): start it, or correct REDIS_URL`,
      { cause: error },
    )
  }
}

/** Redis 7 or newer: older ones cannot refuse a script whole when memory is full. */
export async function checkVersion(redis: Redis, place: string): Promise<void> {
  const info = await redis.info('server').catch((error) => {
    throw redisError(error, place)
  })
  const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown'
  if (!(Number.parseInt(version, 10) >= 7)) {
    throw new RapidFireError(
      'store_too_old',
      `${place} is Redis ${version}: 7 or newer is needed, since older ones may leave half of a write`,
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
