/** What a Redis says of itself: read at start, judged in `judge.ts`. Reads only. */
import type { Redis } from 'ioredis'
import { redisError } from './errors.ts'

export interface ServerFacts {
  readonly version: string
  /** A fork with versions of its own. */
  readonly isValkey: boolean
  readonly isCluster: boolean
  /** `maxmemory-policy`. */
  readonly policy: string
  /** Bytes; 0 = no limit. */
  readonly maxMemory: number
  readonly usedMemory: number
  readonly isAppendOnly: boolean
  /** `appendfsync`; null when CONFIG is refused, as those below. */
  readonly fsync: string | null
  readonly hasSnapshots: boolean | null
  readonly minReplicas: number | null
  readonly replicas: number
  /** Its last snapshot, or its last write to the append-only file, went wrong. */
  readonly hasSaveFailed: boolean
  /** How far its clock is before that of this host at least, ms; behind is negative; null = not told. */
  readonly aheadMs: number | null
}

type Info = ReadonlyMap<string, string>

export async function readInfo(redis: Redis, place: string): Promise<Info> {
  const info = await redis.info().catch((error) => {
    throw redisError(error, place)
  })
  const fields = info.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf(':')
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : []
  })
  return new Map(fields)
}

/** What may be refused to our user, CONFIG on many hosted servers, is unknown then. */
export async function readFacts(redis: Redis, info: Info, place: string): Promise<ServerFacts> {
  const config = await allowed(place, () =>
    redis.config('GET', 'appendfsync', 'save', 'min-replicas-to-write'),
  )
  const settings = config === null ? null : pairs(config as string[])
  const number = (name: string): number => Number(info.get(name) ?? 0)
  return {
    version: info.get('redis_version') ?? 'unknown',
    isValkey: info.has('valkey_version'),
    isCluster: info.get('cluster_enabled') === '1',
    policy: info.get('maxmemory_policy') ?? 'noeviction',
    maxMemory: number('maxmemory'),
    usedMemory: number('used_memory'),
    isAppendOnly: info.get('aof_enabled') === '1',
    fsync: settings?.get('appendfsync') ?? null,
    hasSnapshots: settings ? settings.get('save') !== '' : null,
    minReplicas: settings ? Number(settings.get('min-replicas-to-write') ?? 0) : null,
    replicas: number('connected_slaves'),
    hasSaveFailed: ['rdb_last_bgsave_status', 'aof_last_write_status'].some(
      (name) => info.get(name) === 'err',
    ),
    aheadMs: await allowed(place, () => readAhead(redis)),
  }
}

async function allowed<Answer>(place: string, ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask()
  } catch (error) {
    const known = redisError(error, place)
    if (known.code === 'store_away') throw known
    return null
  }
}

/** The way there and back may have taken all of its time on one side: so much is not counted. */
async function readAhead(redis: Redis): Promise<number> {
  const sentAt = Date.now()
  const [seconds, micros] = await redis.time()
  const backAt = Date.now()
  const serverMs = Number(seconds) * 1000 + Number(micros) / 1000
  if (serverMs > backAt) return Math.floor(serverMs - backAt)
  return serverMs < sentAt ? Math.ceil(serverMs - sentAt) : 0
}

function pairs(flat: readonly string[]): Map<string, string> {
  const map = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) map.set(flat[i] ?? '', flat[i + 1] ?? '')
  return map
}
