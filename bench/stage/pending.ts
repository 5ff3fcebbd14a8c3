/**
 * Many open batches, none of them due, put there faster than `append` could, each with every key
 * and row that `append` would have left. Their deadlines lie between half an hour and an hour away.
 */
import type { DatabaseSync } from 'node:sqlite'
import { RedisKeys } from '../../src/batching/redis/keys.ts'
import type { BatchStore, StoreTimes } from '../../src/batching/store.ts'
import { Progress } from '../../test/support/progress.ts'
import { appendsOf, phoneOf } from './messages.ts'
import type { BenchRedis } from './redis.ts'
import { LIMITS, TIMES, TTL_MS } from './stores.ts'

const HOUR_MS = 3_600_000
const AT_ONCE = 5000
/** Far from the phones of the messages that come meanwhile. */
const FIRST_PHONE = 500_000_000

/** With these the far deadlines are honest ones, and no clock that jumped. */
export const PATIENT: StoreTimes = { ...TIMES, openHorizonMs: HOUR_MS }

const payload = appendsOf(1)[0]?.messages[0]?.payload ?? ''

const FILL = `
local first, count, all, now, ttl, dedupe = unpack(ARGV, 1, 6)
for n = ARGV[7], ARGV[7] + count - 1 do
  local c = string.format('%.0f', first + n)
  local id = string.format('b_%026.0f', n)
  local due = now + math.floor(${HOUR_MS / 2} * (1 + n / all))
  redis.call('RPUSH', KEYS[1] .. c, ARGV[8])
  redis.call('SET', KEYS[2] .. c, now, 'PX', ttl)
  redis.call('HSET', KEYS[3] .. c, 'id', id, 'first', now, 'last', now, 'due', due,
    'idle', ${HOUR_MS}, 'age', ${HOUR_MS}, 'max', ${LIMITS.maxSize}, 'n', 1, 'loud', 1, 'over', 0)
  redis.call('ZADD', KEYS[4] .. c, now, 'abcdefghijk')
  redis.call('PEXPIRE', KEYS[4] .. c, dedupe)
  redis.call('ZADD', KEYS[5], due, c .. '|' .. id)
end
redis.call('HINCRBY', KEYS[6], 'accepted', count)
redis.call('HINCRBY', KEYS[6], 'open', count)`

export async function fillRedis(redis: BenchRedis, db: number, count: number): Promise<void> {
  const client = redis.server.client({ db })
  const progress = new Progress('open batches for Redis', count)
  const keys = new RedisKeys()
  const none = '' as ReturnType<typeof phoneOf>
  const names = [keys.list(none), keys.mirror(none), keys.conversation(none), keys.ids(none)]
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Math.min(AT_ONCE, count - from)
    const values = [phoneOf(FIRST_PHONE), some, count, Date.now(), TTL_MS, LIMITS.dedupeMs]
    await client.eval(FILL, 6, ...names, keys.open, keys.counts, ...values, from, payload)
    progress.at(from + some)
  }
  progress.end()
  client.disconnect()
}

const FILL_ORIGINAL = `
for n = ARGV[2], ARGV[2] + ARGV[3] - 1 do
  local c = string.format('%.0f', ARGV[1] + n)
  redis.call('RPUSH', KEYS[1] .. c, ARGV[4])
  redis.call('SET', KEYS[2] .. c, ARGV[5], 'PX', ${HOUR_MS})
  redis.call('PEXPIRE', KEYS[1] .. c, ${HOUR_MS})
end`

/** As the brief's API leaves them, the last message an hour ahead, so that none gets due. */
export async function fillOriginal(redis: BenchRedis, count: number): Promise<void> {
  const keys = new RedisKeys()
  const none = '' as ReturnType<typeof phoneOf>
  for (let from = 0; from < count; from += AT_ONCE) {
    const values = [phoneOf(FIRST_PHONE), from, Math.min(AT_ONCE, count - from), payload]
    const ahead = Date.now() + HOUR_MS
    await redis.admin.eval(FILL_ORIGINAL, 2, keys.list(none), keys.mirror(none), ...values, ahead)
  }
}

const OPEN_BATCHES = `
WITH RECURSIVE one (n) AS (SELECT :from UNION ALL SELECT n + 1 FROM one WHERE n < :to - 1)
INSERT INTO batch (n, id, conversation, state, size, first_at, last_at, due_at, age_ms, max_size,
  idle_ms, last_loud, over_at, wake_at)
SELECT n, printf('b_%026d', n), CAST(:phone + n AS TEXT), 'open', 1, :now, :now, due, ${HOUR_MS},
  ${LIMITS.maxSize}, ${HOUR_MS}, 1, 0, due
FROM (SELECT n, :now + ${HOUR_MS / 2} * (1 + n * 1.0 / :all) AS due FROM one)`
const THEIR_MESSAGES = `
INSERT INTO message (conversation, id_hash, forget_at, batch, body)
SELECT conversation, 'abcdefghijk', :now + ${LIMITS.dedupeMs}, n, :payload FROM batch
WHERE n >= :from AND n < :to`

export function fillSqlite(database: DatabaseSync, count: number): void {
  const batches = database.prepare(OPEN_BATCHES)
  const messages = database.prepare(THEIR_MESSAGES)
  const progress = new Progress('open batches for SQLite', count)
  for (let from = 0; from < count; from += AT_ONCE) {
    const to = Math.min(from + AT_ONCE, count)
    const now = Date.now()
    database.exec('BEGIN')
    batches.run({ from, to, now, all: count, phone: Number(phoneOf(FIRST_PHONE)) })
    messages.run({ from, to, now, payload })
    database.exec('COMMIT')
    progress.at(to)
  }
  database.prepare(`UPDATE tally SET n = n + ? WHERE name IN ('accepted', 'open')`).run(count)
  progress.end()
}

/** Throws unless this many are open, and none of them due. */
export async function checkPending(store: BatchStore, count: number): Promise<void> {
  const pending = await store.pending({ offset: 0, limit: 1 })
  const due = await store.due({ limit: 1, soonMs: 0 })
  if (pending.count !== count || due.open.length > 0 || due.nextAt === null) {
    throw new Error(`${count} open batches were put there, and the store sees ${pending.count}`)
  }
}
