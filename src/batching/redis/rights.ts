/**
 * The rights of the Redis user, judged at start: one that is missing would else be found by the
 * first message that needs it. Redis itself is asked, and nothing is run. Which rights those are
 * `docs/operating.md` says to people, and a test takes away one after the other.
 */
import { RapidFireError } from '../../errors.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import type { RedisCalls } from './calls.ts'
import { texts } from './scripts.ts'

/** What our scripts, our reads, BullMQ and the limits per minute do to keys. */
const ON_KEYS =
  'bzpopmin del exists expire get hdel hexists hget hgetall hincrby hmget hmset hset incr incrby lindex llen ' +
  'lpos lpush lrange lrem lset ltrim persist pexpire pttl rename rpop rpoplpush rpush sadd scard ' +
  'set smembers srem xadd xtrim zadd zcard zcount zpopmin zrange zrangebyscore zrem ' +
  'zremrangebyrank zremrangebyscore zrevrange zrevrangebyscore zscore'

/** Not among them: `select`, which a client that needs it has sent by now, and `quit`, which is refused to nobody. */
const ON_NO_KEYS = ['client setname', 'eval', 'evalsha', 'info', 'ping', 'scan', 'time']

/** Some keys of each kind, told apart from a real one by this name. */
const ANY = 'any'
const NAMED_MAX = 6

/**
 * Throws `store_rights`, which names what is missing. `queueKeys` is how the keys begin that a queue
 * keeps on this server.
 */
export async function refuseMissingRights(
  calls: RedisCalls,
  queueKeys: string | undefined,
): Promise<void> {
  const { keys: k, channel, place } = calls
  const conversation = ANY as ConversationKey
  const batch = ANY as BatchId
  const keys = [
    ...[k.list(conversation), k.mirror(conversation), k.conversation(conversation)],
    ...[k.ids(conversation), k.batch(batch), k.messages(batch)],
    ...[k.open, k.turns, k.failed, k.counts, k.roles, k.store],
    ...(queueKeys ? [`${queueKeys}${ANY}`] : []),
  ]
  const others = [...ON_NO_KEYS, `publish ${channel}`, `subscribe ${channel}`]
  const missing = texts(await calls.run('probe', [], [keys.join(' '), ON_KEYS, ...others]))
  if (missing.length === 0) return
  const names = missing.map((name) => (keys.includes(name) ? `keys ${patternOf(name)}` : name))
  throw new RapidFireError(
    'store_rights',
    `${place} lacks rights that are needed (${someOf([...new Set(names)])}): see docs/operating.md for the ACL`,
  )
}

/** `rf:c:any` → `rf:*`, as an ACL has it. */
function patternOf(key: string): string {
  return key.startsWith('rf:') ? 'rf:*' : key.replace(new RegExp(`${ANY}$`), '*')
}

function someOf(names: readonly string[]): string {
  const more = names.length - NAMED_MAX
  return more > 0 ? `${names.slice(0, NAMED_MAX).join(', ')} and ${more} more` : names.join(', ')
}
