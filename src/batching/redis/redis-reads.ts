/** What people look at: plain reads, pipelined, outside of any running path. */
import type { Clock } from '../../clock.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import { isCluster, type RedisClient } from '../../redis-client.ts'
import type { BatchView, ConversationView, Counts, OpenBatchView } from '../store.ts'
import type { HoldReason } from '../store-holds.ts'
import type { RedisKeys } from './keys.ts'
import { batchView, FOREVER, openView, WINDOW_FIELDS } from './replies.ts'

const TURNS_A_READ = 500
/** As many are looked at for a page, so that it costs the same however many are on the queue. */
const MOST_LOOKED_AT = 2000

interface Page {
  readonly offset: number
  readonly limit: number
}

/**
 * A pipeline of the client knows all scripts, and to make it costs more than a few commands; what is
 * asked in one turn leaves in one write all the same.
 */
const FEW = 8

export async function pipelined(
  redis: RedisClient,
  commands: (string | number)[][],
): Promise<unknown[]> {
  const results = await settled(redis, commands)
  return results.map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}

/** Each reply or null: a key that cannot be read hides none of the others from people. */
async function readable(redis: RedisClient, commands: (string | number)[][]): Promise<unknown[]> {
  const results = await settled(redis, commands)
  return results.map(([error, reply]) => {
    if (error && !error.message.startsWith('WRONGTYPE')) throw error
    return error ? null : reply
  })
}

async function settled(
  redis: RedisClient,
  commands: (string | number)[][],
): Promise<[error: Error | null, reply: unknown][]> {
  if (commands.length === 0) return []
  // On a Cluster it is the pipeline that has those without a key go where the others go.
  if (commands.length > FEW || isCluster(redis))
    return (await redis.pipeline(commands).exec()) ?? []
  return Promise.all(
    commands.map(([name = '', ...args]) =>
      redis.call(String(name), ...args).then(
        (reply) => [null, reply] as [null, unknown],
        (error: Error) => [error, null] as [Error, null],
      ),
    ),
  )
}

export async function readPending(
  redis: RedisClient,
  keys: RedisKeys,
  { offset, limit }: Page,
  clock: Clock | undefined,
): Promise<{ count: number; batches: OpenBatchView[] }> {
  const [open, sealed] = await pipelined(redis, [
    ['zcard', keys.open],
    ['hget', keys.counts, 'sealed'],
  ])
  const [openCount, sealedCount] = [Number(open), Number(sealed ?? 0)]
  const batches = await readOpenPage(redis, keys, { offset, limit }, clock)
  const room = limit - batches.length
  const skip = Math.max(0, offset - openCount)
  const wanted = Math.min(room, sealedCount - skip)
  if (wanted > 0) {
    batches.push(...(await readSealedPage(redis, keys, { offset: skip, limit: wanted })))
  }
  return { count: openCount + sealedCount, batches }
}

async function readOpenPage(
  redis: RedisClient,
  keys: RedisKeys,
  { offset, limit }: Page,
  clock: Clock | undefined,
): Promise<OpenBatchView[]> {
  if (limit <= 0) return []
  const members = await redis.zrange(keys.open, String(offset), String(offset + limit - 1))
  const found = members.map((member) => keys.parseMember(member))
  const [time, ...windows] = (await readable(redis, [
    ['time'],
    ...found.map(({ conversation }) => [
      'hmget',
      keys.conversation(conversation),
      ...WINDOW_FIELDS,
    ]),
  ])) as ((string | null)[] | null)[]
  const now = clock?.() ?? Number(time?.[0]) * 1000
  return found.flatMap(({ conversation, batchId }, i) => {
    const window = windows[i] ?? []
    // Sealed between the two reads: it is no open batch any more.
    return window.at(-1) === batchId ? [openView(conversation, batchId, window, now)] : []
  })
}

/**
 * Turns that no queue has taken: looked for among those that are looked at soonest, where they mostly
 * are, since a queue has longer for what it has taken. The count is exact; this list may be short.
 */
async function readSealedPage(
  redis: RedisClient,
  keys: RedisKeys,
  { offset, limit }: Page,
): Promise<OpenBatchView[]> {
  const sealed: BatchView[] = []
  for (let from = 0; from < MOST_LOOKED_AT; from += TURNS_A_READ) {
    if (sealed.length >= offset + limit) break
    const ids = await redis.zrange(keys.turns, String(from), String(from + TURNS_A_READ - 1))
    const views = await readBatches(redis, keys, ids as BatchId[])
    sealed.push(...views.filter(({ state }) => state === 'sealed'))
    if (ids.length < TURNS_A_READ) break
  }
  return sealed
    .slice(offset, offset + limit)
    .map(({ conversation, batchId, size, firstAt, lastAt }) => ({
      conversation,
      batchId,
      size,
      firstAt,
      lastAt,
      dueAt: null,
      sealed: true,
    }))
}

export async function readBatches(
  redis: RedisClient,
  keys: RedisKeys,
  ids: readonly BatchId[],
): Promise<BatchView[]> {
  const hashes = await readable(
    redis,
    ids.map((id) => ['hgetall', keys.batch(id)]),
  )
  return ids.flatMap((id, i) => {
    const hash = hashes[i] as Record<string, string> | null
    return hash?.state ? [batchView(id, hash)] : []
  })
}

export async function readFailed(
  redis: RedisClient,
  keys: RedisKeys,
  { offset, limit }: Page,
): Promise<{ count: number; batches: BatchView[] }> {
  const count = await redis.zcard(keys.failed)
  if (limit <= 0) return { count, batches: [] }
  const ids = await redis.zrange(keys.failed, String(offset), String(offset + limit - 1))
  return { count, batches: await readBatches(redis, keys, ids as BatchId[]) }
}

export async function readConversation(
  redis: RedisClient,
  keys: RedisKeys,
  c: ConversationKey,
  clock: Clock | undefined,
): Promise<ConversationView> {
  const [window, payloads, time] = (await pipelined(redis, [
    ['hmget', keys.conversation(c), 'why', ...WINDOW_FIELDS],
    ['lrange', keys.list(c), 0, -1],
    ['time'],
  ])) as [(string | null)[], string[], string[]]
  const now = clock?.() ?? Number(time[0]) * 1000
  const [why, ...fields] = window
  const [turn, hold, id] = fields.slice(-3)
  const until = Number(hold ?? 0)
  const turnId = (turn ?? null) as BatchId | null
  return {
    open: id ? openView(c, id as BatchId, fields, now) : null,
    payloads: id ? payloads : [],
    turnId,
    turnPayloads: turnId ? await redis.lrange(keys.messages(turnId), 0, -1) : [],
    hold:
      until > now
        ? {
            conversation: c,
            why: (why ?? 'paused') as HoldReason,
            until: until >= FOREVER ? null : until,
          }
        : null,
  }
}

/** ZSCORE one by one: the rights of the user need no other command for it. */
export async function readKnown(
  redis: RedisClient,
  keys: RedisKeys,
  c: ConversationKey,
  idHashes: readonly string[],
  dedupeMs: number,
  clock: Clock | undefined,
): Promise<readonly boolean[]> {
  const [time, ...scores] = (await pipelined(redis, [
    ['time'],
    ...idHashes.map((hash) => ['zscore', keys.ids(c), hash]),
  ])) as [string[], ...(string | null)[]]
  const after = (clock?.() ?? Number(time[0]) * 1000) - dedupeMs
  return scores.map((score) => score !== null && Number(score) > after)
}

export async function readMarked(
  redis: RedisClient,
  keys: RedisKeys,
  c: ConversationKey,
  hashes: readonly string[],
  clock: Clock | undefined,
): Promise<readonly boolean[]> {
  const [time, ...untils] = (await pipelined(redis, [
    ['time'],
    ...hashes.map((hash) => ['zscore', keys.marks(c), hash]),
  ])) as [string[], ...(string | null)[]]
  const now = clock?.() ?? Number(time[0]) * 1000
  return untils.map((until) => Number(until ?? 0) > now)
}

export async function readSizes(
  redis: RedisClient,
  keys: RedisKeys,
  conversations: readonly ConversationKey[],
): Promise<({ batchId: BatchId; size: number; lastAt: number } | null)[]> {
  const found = await readable(
    redis,
    conversations.map((c) => ['hmget', keys.conversation(c), 'id', 'n', 'last']),
  )
  return (found as ((string | null)[] | null)[]).map((fields) => {
    const [id, size, lastAt] = fields ?? []
    return id ? { batchId: id as BatchId, size: Number(size), lastAt: Number(lastAt) } : null
  })
}

export async function readCounts(redis: RedisClient, keys: RedisKeys): Promise<Counts> {
  return countsIn(await redis.hgetall(keys.counts))
}

export function countsIn(hash: Readonly<Record<string, string>>): Counts {
  const count = (name: string): number => Number(hash[name] ?? 0)
  return {
    accepted: count('accepted'),
    duplicates: count('duplicates'),
    answered: count('answered'),
    failed: count('failed'),
    discarded: count('discarded'),
    revoked: count('revoked'),
    open: count('open'),
  }
}
