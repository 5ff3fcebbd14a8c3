/**
 * What a backup reads on Redis: names by SCAN, as only an operator's command may, and then one script
 * for each piece, so that each is of one moment. Nothing is written.
 */
import type { BatchId, ConversationKey } from '../../message.ts'
import { newBatchId } from '../batch-id.ts'
import { ALIAS_MS } from '../store-alias.ts'
import type {
  BackedMessage,
  BatchName,
  BatchRecord,
  ConversationRecord,
  HoldRecord,
  LinkName,
  MessageRules,
  NamePage,
  PastRecord,
} from '../store-backup.ts'
import type { HoldReason } from '../store-holds.ts'
import { batchRecord, type Hash, hashOf, openOf } from './batch-fields.ts'
import type { RedisCalls } from './calls.ts'
import { redisError } from './errors.ts'
import { pipelined } from './redis-reads.ts'
import { FOREVER } from './replies.ts'
import { type Call, lists, type Reply, texts } from './scripts.ts'

const KEYS_A_SCAN = 1000

export async function conversations(
  calls: RedisCalls,
  cursor: string | null,
): Promise<NamePage<ConversationKey>> {
  const { next, keys } = await scan(calls, cursor, calls.keys.conversationPattern)
  return { names: [...new Set(keys.map((key) => calls.keys.conversationOf(key)))], cursor: next }
}

export async function links(calls: RedisCalls, cursor: string | null): Promise<NamePage<LinkName>> {
  const { next, keys } = await scan(calls, cursor, calls.keys.aliasPattern)
  const left = await calls.guard(
    pipelined(
      calls.redis,
      keys.map((key) => ['pttl', key]),
    ),
  )
  const names = keys.map((key, i) => ({
    from: calls.keys.conversationOf(key),
    ageMs: ALIAS_MS - Number(left[i]),
  }))
  return { names, cursor: next }
}

/** By the keys of the batches, which stay whatever becomes of one. */
export async function batches(
  calls: RedisCalls,
  cursor: string | null,
): Promise<NamePage<BatchName>> {
  const { next, keys } = await scan(calls, cursor, calls.keys.batchPattern)
  const found = (await calls.guard(
    pipelined(
      calls.redis,
      keys.map((key) => ['hmget', key, 'state', 'c', 'sealed']),
    ),
  )) as (string | null)[][]
  const names = keys.flatMap((key, i): BatchName[] => {
    const [state, c, sealed] = found[i] ?? []
    if (!state || !c || state === 'answered') return []
    const conversation = c as ConversationKey
    const isFailed = state === 'failed'
    return [{ batchId: calls.keys.batchOf(key), conversation, isFailed, sealedAt: Number(sealed) }]
  })
  return { names, cursor: next }
}

async function scan(
  calls: RedisCalls,
  cursor: string | null,
  pattern: string,
): Promise<{ next: string | null; keys: string[] }> {
  const [next, keys] = await calls.guard(
    calls.server().scan(cursor ?? '0', 'MATCH', pattern, 'COUNT', KEYS_A_SCAN),
  )
  return { next: next === '0' ? null : next, keys }
}

export async function snapshot(
  calls: RedisCalls,
  conversations: readonly ConversationKey[],
  rules: MessageRules,
): Promise<readonly ConversationRecord[]> {
  const read = new Map<ConversationKey, ConversationRecord>()
  let left = [...conversations]
  let turns = await turnsOf(calls, left)
  // A script names its keys before it reads, so the turn has to be known; one that changed is read again.
  while (left.length > 0) {
    const replies = await calls.runMany(left.map((c) => readCall(calls, c, turns.get(c), rules)))
    const changed: ConversationKey[] = []
    for (const [i, c] of left.entries()) {
      const reply = replies[i] ?? null
      if (reply instanceof Error) throw redisError(reply, calls.place)
      const parts = lists(reply)
      if (parts[0] === 'changed') changed.push(c)
      else read.set(c, await recordOf(calls, c, parts, turns.get(c) ?? null, rules))
    }
    left = changed
    turns = await turnsOf(calls, left)
  }
  return conversations.flatMap((c) => read.get(c) ?? [])
}

async function turnsOf(
  calls: RedisCalls,
  conversations: readonly ConversationKey[],
): Promise<Map<ConversationKey, BatchId | null>> {
  const found = await calls.guard(
    pipelined(
      calls.redis,
      conversations.map((c) => ['hget', calls.keys.conversation(c), 'turn']),
    ),
  )
  return new Map(conversations.map((c, i) => [c, (found[i] ?? null) as BatchId | null]))
}

function readCall(
  calls: RedisCalls,
  c: ConversationKey,
  turn: BatchId | null | undefined,
  rules: MessageRules,
): Call {
  const k = calls.keys
  // A key that is not used has to have a name all the same.
  const id = turn ?? newBatchId()
  return {
    name: 'snapshot',
    keys: [
      ...[k.alias(c), k.conversation(c), k.list(c), k.ids(c), k.marks(c), k.history(c)],
      ...[k.batch(id), k.messages(id), k.turns],
    ],
    args: [calls.now(), turn ?? '', rules.dedupeMsOf(c)],
  }
}

async function recordOf(
  calls: RedisCalls,
  conversation: ConversationKey,
  parts: readonly Reply[],
  turnId: BatchId | null,
  rules: MessageRules,
): Promise<ConversationRecord> {
  const flat = (i: number): string[] => texts(parts[i] ?? null)
  const now = Number(parts[0])
  const hash = hashOf(flat(3))
  const ofPayload = (payload: string): BackedMessage => ({
    idHash: rules.idHashOf(conversation, payload),
    payload,
  })
  const payloads = hash.id ? flat(4).map(ofPayload) : []
  const turn = hashOf(flat(8))
  return {
    conversation,
    at: now,
    alias: parts[1]
      ? { to: String(parts[1]) as ConversationKey, until: now + Number(parts[2]) }
      : null,
    open: payloads.length > 0 ? { batch: openOf(hash, payloads.length), messages: payloads } : null,
    turn:
      turnId && turn.state
        ? batchRecord(turnId, turn, flat(9).map(ofPayload), Number(parts[10] || now))
        : null,
    hold: holdOf(hash, now),
    known: scored(flat(5)),
    marks: scored(flat(6)),
    past: await pastOf(calls, flat(7).toReversed(), now, rules),
  }
}

function holdOf({ hold, why, under, underwhy }: Hash, now: number): ConversationRecord['hold'] {
  const record = (until: string | undefined, reason: string | undefined): HoldRecord | null => {
    const at = Number(until ?? 0)
    if (at <= now) return null
    return { until: at >= FOREVER ? null : at, why: (reason ?? 'paused') as HoldReason }
  }
  const held = record(hold, why)
  return held && { ...held, under: record(under, underwhy) }
}

function scored(flat: readonly string[]): [string, number][] {
  return flat.flatMap((member, i) => (i % 2 === 0 ? [[member, Number(flat[i + 1])]] : []))
}

async function pastOf(
  calls: RedisCalls,
  ids: readonly string[],
  now: number,
  rules: MessageRules,
): Promise<PastRecord[]> {
  if (ids.length === 0) return []
  const { keys, redis, times } = calls
  const [said, batches] = await Promise.all([
    calls.guard(
      pipelined(
        redis,
        ids.map((id) => ['get', keys.said(id)]),
      ),
    ),
    snapshotBatches(calls, ids as BatchId[], rules),
  ])
  const byId = new Map(batches.map((batch) => [String(batch.turn.id), batch]))
  const past = ids.map((id, i) => pastRecord(id, said[i] as string | null, byId.get(id)))
  return past.filter((one) => one !== null).filter(({ at }) => at > now - times.historyMs)
}

function pastRecord(
  id: string,
  said: string | null,
  batch: BatchRecord | undefined,
): PastRecord | null {
  if (said) {
    const space = said.indexOf(' ')
    const at = Number(said.slice(0, space))
    return { kind: 'human', at, entryId: id, payload: said.slice(space + 1) }
  }
  if (!batch) return null
  if (batch.ending?.state === 'answered') {
    return { kind: 'batch', at: batch.ending.settledAt, batch }
  }
  return batch.told === null ? null : { kind: 'named', at: batch.told, batchId: id as BatchId }
}

export async function snapshotBatches(
  calls: RedisCalls,
  ids: readonly BatchId[],
  rules: MessageRules,
): Promise<readonly BatchRecord[]> {
  const replies = await calls.runMany(
    ids.map((id) => ({
      name: 'snapshot-batch',
      keys: [calls.keys.batch(id), calls.keys.messages(id)],
      args: [],
    })),
  )
  return ids.flatMap((id, i) => {
    const reply = replies[i] ?? null
    if (reply instanceof Error) throw redisError(reply, calls.place)
    const [fields = null, payloads = null] = lists(reply)
    const hash = hashOf(texts(fields))
    if (!hash.state) return []
    const c = hash.c as ConversationKey
    const messages = texts(payloads).map((payload) => ({
      idHash: rules.idHashOf(c, payload),
      payload,
    }))
    return [batchRecord(id, hash, messages, 0)]
  })
}
