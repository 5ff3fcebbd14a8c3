/** Batches on Redis, from `append` to `queued`. */
import type { BatchId, ConversationKey } from '../../message.ts'
import { newBatchId } from '../batch-id.ts'
import type * as Port from '../store.ts'
import type { ReclaimResult, SealResult } from '../store-turn.ts'
import type { RedisCalls } from './calls.ts'
import { redisError } from './errors.ts'
import { dueConversations, sealedTurn } from './replies.ts'
import { lists, texts } from './scripts.ts'

/** Pause of a conversation that could not be sealed. */
const POSTPONE_MS = 5000

export async function append(calls: RedisCalls, append: Port.Append): Promise<Port.AppendResult> {
  const { conversation: c, limits, messages } = append
  const k = calls.keys
  const args: (string | number)[] = [
    calls.now(),
    append.newBatchId,
    c,
    limits.ageMs,
    limits.maxSize,
    limits.dedupeMs,
    calls.mirrorMs,
    calls.times.wakeMs,
    calls.times.maxPending,
    calls.channel,
    calls.times.leaseMs,
  ]
  for (const m of messages) args.push(m.idHash, m.payload, m.idleMs, kindOf(m))
  const reply = await calls.run(
    'append',
    [k.list(c), k.mirror(c), k.conversation(c), k.ids(c), k.open, k.counts, k.alias(c), k.turns],
    args,
  )
  const [outcome, batchId, added, duplicates, size] = texts(reply)
  if (outcome === 'full') return { outcome }
  return {
    outcome: 'appended',
    conversation: c,
    batchId: (batchId || null) as BatchId | null,
    added: Number(added),
    duplicates: Number(duplicates),
    size: Number(size),
  }
}

function kindOf({ quiet, album }: Port.NewMessage): number {
  if (quiet) return album ? 3 : 1
  return album ? 2 : 0
}

export async function setAside(
  calls: RedisCalls,
  aside: Port.SetAside,
): Promise<Port.SetAsideResult> {
  const { conversation: c, messages } = aside
  const k = calls.keys
  let id = aside.newBatchId
  for (;;) {
    const reply = await calls.run(
      'set-aside',
      [k.conversation(c), k.ids(c), k.batch(id), k.messages(id), k.failed, k.counts, k.alias(c)],
      [
        calls.now(),
        id,
        c,
        aside.reason,
        aside.dedupeMs,
        ...messages.flatMap((m) => [m.idHash, m.payload]),
      ],
    )
    const [outcome, batchId, added, duplicates] = texts(reply)
    // The entry that this conversation has already: its keys have to be named before they are used.
    if (outcome === 'entry') id = batchId ? (batchId as BatchId) : newBatchId()
    else {
      return {
        batchId: (batchId || null) as BatchId | null,
        added: Number(added),
        duplicates: Number(duplicates),
      }
    }
  }
}

export async function due(
  calls: RedisCalls,
  { limit, soonMs }: { limit: number; soonMs: number },
): Promise<Port.Due> {
  const { openHorizonMs, turnHorizonMs } = calls.times
  const reply = await calls.run(
    'due',
    [calls.keys.open, calls.keys.turns],
    [calls.now(), limit, soonMs, openHorizonMs, turnHorizonMs],
  )
  const [now, open = [], turns = [], soon = [], nextAt] = lists(reply)
  return {
    now: Number(now),
    open: dueConversations(calls.keys, texts(open)),
    turns: texts(turns) as BatchId[],
    soon: dueConversations(calls.keys, texts(soon)),
    nextAt: nextAt === '' ? null : Number(nextAt),
  }
}

export async function seal(
  calls: RedisCalls,
  due: readonly Port.SealRequest[],
): Promise<readonly (SealResult | Error)[]> {
  const k = calls.keys
  const replies = await calls.runMany(
    due.map(({ conversation: c, batchId, restId }) => ({
      name: 'seal',
      keys: [
        k.list(c),
        k.mirror(c),
        k.conversation(c),
        k.open,
        k.turns,
        k.batch(batchId),
        k.messages(batchId),
        k.counts,
      ],
      args: [
        calls.now(),
        batchId,
        restId,
        c,
        calls.times.handoverMs,
        calls.times.retentionMs,
        calls.times.wakeMs,
        calls.channel,
      ],
    })),
  )
  const errors = replies.map((reply) =>
    reply instanceof Error ? redisError(reply, calls.place) : null,
  )
  await postpone(
    calls,
    due.filter((_, i) => errors[i]?.code === 'store_damaged'),
  )
  return due.map(({ conversation, batchId }, i) => {
    const reply = replies[i]
    if (reply instanceof Error) return errors[i] ?? reply
    const [outcome = 'none', ...rest] = texts(reply ?? [])
    if (outcome === 'quiet') return { outcome, batchId, size: Number(rest[5]) }
    if (outcome !== 'sealed')
      return { outcome: outcome as 'none' | 'busy' | 'held' | 'early' | 'lost' }
    const turn = sealedTurn(conversation, batchId, 1, rest, rest.slice(7), Number(rest[6]))
    return { outcome, turn }
  })
}

/** What cannot be sealed is looked at again in a while, so that it does not crowd out the others. */
async function postpone(calls: RedisCalls, due: readonly Port.SealRequest[]): Promise<void> {
  await calls.runMany(
    due.map(({ conversation, batchId }) => ({
      name: 'postpone',
      keys: [calls.keys.open],
      args: [calls.now(), calls.keys.member(conversation, batchId), POSTPONE_MS],
    })),
  )
}

export async function reclaim(calls: RedisCalls, batchId: BatchId): Promise<ReclaimResult> {
  const k = calls.keys
  const reply = await calls.run(
    'reclaim',
    [k.batch(batchId), k.messages(batchId), k.turns, k.counts],
    [calls.now(), batchId, calls.times.handoverMs, calls.times.turnHorizonMs, calls.times.queuedMs],
  )
  const [outcome, c, attempt, ...rest] = texts(reply)
  if (outcome !== 'reclaimed') return { outcome: outcome as 'early' | 'gone' | 'lost' }
  const conversation = c as ConversationKey
  const turn = sealedTurn(
    conversation,
    batchId,
    Number(attempt),
    rest,
    rest.slice(6),
    Number(rest[5]),
  )
  return { outcome, turn }
}

export async function queued(calls: RedisCalls, turns: readonly Port.HandedOver[]): Promise<void> {
  const k = calls.keys
  if (turns.length === 0) return
  await calls.run(
    'queued',
    [k.turns, k.counts, ...turns.map(({ batchId }) => k.batch(batchId))],
    [
      calls.now(),
      calls.times.queuedMs,
      ...turns.flatMap(({ batchId, attempt }) => [batchId, attempt]),
    ],
  )
}
