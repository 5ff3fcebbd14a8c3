/** What operators and signals change on Redis, and the lists of the original. */
import type { BatchId, ConversationKey } from '../../message.ts'
import { newBatchId } from '../batch-id.ts'
import type * as Port from '../store.ts'
import type { Retime, RetimeResult } from '../store-holds.ts'
import type { RedisCalls } from './calls.ts'
import { redisError } from './errors.ts'
import { follow } from './redis-alias.ts'
import { texts } from './scripts.ts'

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
      return ['', retime.only ?? '']
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
): Promise<'done' | 'none' | 'busy' | 'held'> {
  const k = calls.keys
  const former = await conversationOf(calls, batchId)
  if (!former) return 'none'
  const reply = await follow(former, (c) =>
    calls.run(
      'retry',
      [
        ...[k.batch(batchId), k.conversation(c), k.conversation(former)],
        ...[k.open, k.turns, k.failed, k.counts, k.alias(c)],
      ],
      [calls.now(), batchId, c, calls.channel],
    ),
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

export async function adopt(
  calls: RedisCalls,
  limits: Port.Limits & { idleMs: number },
): Promise<number> {
  const k = calls.keys
  let adopted = 0
  let failure: Error | null = null
  let cursor = '0'
  do {
    const [next, found] = await calls.guard(
      calls.redis.scan(cursor, 'MATCH', k.listPattern, 'COUNT', 500, 'TYPE', 'list'),
    )
    cursor = next
    const replies = await calls.runMany(
      found.map((list) => {
        const c = k.conversationOfList(list)
        return {
          name: 'adopt',
          keys: [list, k.mirror(c), k.conversation(c), k.open, k.counts],
          args: [
            calls.now(),
            newBatchId(),
            c,
            limits.idleMs,
            limits.ageMs,
            limits.maxSize,
            calls.times.wakeMs,
            calls.channel,
          ],
        }
      }),
    )
    for (const reply of replies) {
      // One that cannot be read keeps none of the others from its deadline.
      if (reply instanceof Error) failure = redisError(reply, calls.place)
      else adopted += Number(reply)
    }
  } while (cursor !== '0')
  if (failure) throw failure
  return adopted
}
