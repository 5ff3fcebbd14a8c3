/** What operators and signals change on Redis, and the lists of the original. */
import type { BatchId, ConversationKey } from '../../message.ts'
import type * as Port from '../store.ts'
import type { Adoption, Damage } from '../store-examine.ts'
import type { Retime, RetimeResult } from '../store-holds.ts'
import type { RedisCalls } from './calls.ts'
import { redisError } from './errors.ts'
import { follow } from './redis-alias.ts'
import { damagesIn, openCall } from './redis-repair.ts'
import { texts } from './scripts.ts'

const MEMBERS_A_READ = 1000

export async function retime(
  calls: RedisCalls,
  c: ConversationKey,
  retime: Retime,
): Promise<RetimeResult> {
  const k = calls.keys
  const reply = await calls.run(
    'retime',
    [k.conversation(c), k.open, k.held, k.alias(c)],
    [calls.now(), c, calls.times.wakeMs, calls.channel, retime.kind, ...retimeArgs(retime)],
  )
  const [outcome, batchId, dueAt] = texts(reply)
  if (outcome === 'none') return { outcome }
  return {
    outcome: 'done',
    batchId: (batchId || null) as BatchId | null,
    dueAt: dueAt ? Number(dueAt) : null,
  }
}

function retimeArgs(retime: Retime): (string | number)[] {
  switch (retime.kind) {
    case 'typing':
      return [retime.idleMs]
    case 'flush':
      return ['']
    case 'hold':
      return [retime.forMs ?? '', retime.why, retime.atLeast ? 1 : 0]
    case 'release':
      return [retime.idleMs ?? '', retime.only ?? '']
  }
}

export async function amend(
  calls: RedisCalls,
  c: ConversationKey,
  amend: Port.Amend,
): Promise<Port.AmendResult> {
  const k = calls.keys
  const after = amend.kind === 'edit' ? amend.after : ''
  const { idHash = '', dedupeMs = 0 } = amend.remember ?? {}
  const reply = await calls.run(
    'amend',
    [k.list(c), k.mirror(c), k.conversation(c), k.open, k.counts, k.ids(c), k.alias(c)],
    [
      ...[calls.now(), c, calls.times.wakeMs, calls.channel],
      ...[amend.kind, amend.before, after, idHash, dedupeMs],
    ],
  )
  return { outcome: texts(reply)[0] as Port.AmendResult['outcome'] }
}

export async function discardOpen(calls: RedisCalls, c: ConversationKey): Promise<number> {
  const k = calls.keys
  const keys = [k.list(c), k.mirror(c), k.conversation(c), k.open, k.counts, k.alias(c)]
  return Number(await calls.run('discard', keys, [calls.now(), c]))
}

export async function discardFailed(calls: RedisCalls, batchId: BatchId): Promise<boolean> {
  const k = calls.keys
  const c = await conversationOf(calls, batchId)
  if (!c) return false
  const keys = [k.batch(batchId), k.messages(batchId), k.conversation(c), k.failed, k.counts]
  return Number(await calls.run('discard-failed', keys, [calls.now(), batchId])) === 1
}

export async function retry(
  calls: RedisCalls,
  batchId: BatchId,
  isHere?: (conversation: ConversationKey) => boolean,
): Promise<'done' | 'none' | 'busy' | 'held'> {
  const k = calls.keys
  const former = await conversationOf(calls, batchId)
  if (!former) return 'none'
  const reply = await follow(
    former,
    (c) =>
      calls.run(
        'retry',
        [
          ...[k.batch(batchId), k.conversation(c), k.conversation(former)],
          ...[k.open, k.turns, k.failed, k.counts, k.alias(c)],
        ],
        [calls.now(), batchId, c, calls.channel],
      ),
    isHere,
  )
  return texts(reply)[0] as 'done' | 'none' | 'busy' | 'held'
}

export async function bounce(
  calls: RedisCalls,
  batchId: BatchId,
  part: number,
  reason: string,
): Promise<'done' | 'gone' | 'busy'> {
  const k = calls.keys
  const reply = await calls.run(
    'bounce',
    [k.batch(batchId), k.messages(batchId), k.failed, k.counts],
    [calls.now(), batchId, part, reason],
  )
  return texts(reply)[0] as 'done' | 'gone' | 'busy'
}

async function conversationOf(
  calls: RedisCalls,
  batchId: BatchId,
): Promise<ConversationKey | null> {
  return (await calls.guard(
    calls.redis.hget(calls.keys.batch(batchId), 'c'),
  )) as ConversationKey | null
}

/** Gives lists that nobody would look at their deadline, as the original's own API leaves them. */
export async function adopt(calls: RedisCalls, adoption: Adoption): Promise<readonly Damage[]> {
  const k = calls.keys
  const adopted: Damage[] = []
  let failure: Error | null = null
  let cursor = '0'
  do {
    const [next, lists] = await calls.guard(
      calls.server().scan(cursor, 'MATCH', k.listPattern, 'COUNT', 500, 'TYPE', 'list'),
    )
    cursor = next
    const found = lists.map((list) => k.conversationOfList(list))
    const looks = await calls.runMany(found.map((c) => openCall(calls, 'look', c, '', adoption)))
    const lost = found.filter(
      (_, i) => looks[i] instanceof Error || texts(looks[i] ?? []).length > 0,
    )
    const entries = await entriesOf(calls, new Set(lost))
    const replies = await calls.runMany(
      lost.map((c) => openCall(calls, 'mend', c, entries.get(c) ?? '', adoption)),
    )
    for (const [i, reply] of replies.entries()) {
      const conversation = lost[i] as ConversationKey
      const subject = { kind: 'conversation', conversation, entry: null } as const
      // One that cannot be read keeps none of the others from its deadline.
      if (reply instanceof Error) failure = redisError(reply, calls.place)
      else adopted.push(...damagesIn(reply, subject))
    }
  } while (cursor !== '0')
  if (failure) throw failure
  return adopted
}

/** What the list of open batches has for these: it tells who was counted in before. */
async function entriesOf(
  calls: RedisCalls,
  conversations: ReadonlySet<ConversationKey>,
): Promise<ReadonlyMap<ConversationKey, BatchId>> {
  const found = new Map<ConversationKey, BatchId>()
  if (conversations.size === 0) return found
  for (let from = 0; ; from += MEMBERS_A_READ) {
    const page = await calls.guard(
      calls.redis.zrange(calls.keys.open, String(from), String(from + MEMBERS_A_READ - 1)),
    )
    for (const member of page) {
      const { conversation, batchId } = calls.keys.parseMember(member)
      if (conversations.has(conversation)) found.set(conversation, batchId)
    }
    if (page.length < MEMBERS_A_READ) return found
  }
}
