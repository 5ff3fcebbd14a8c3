/** Backup and restore in the memory of the oracle. */
import { restoring, unknownOf } from '../../src/batching/restoring.ts'
import type { StoreTimes } from '../../src/batching/store.ts'
import { ALIAS_MS } from '../../src/batching/store-alias.ts'
import {
  type BackedMessage,
  type BatchName,
  type BatchRecord,
  type ConversationRecord,
  isConversationRecord,
  type LinkName,
  type MessageRules,
  NOTHING_RESTORED,
  type PastRecord,
  RESTORED_BESIDE,
  type Restore,
  type Restored,
} from '../../src/batching/store-backup.ts'
import { isForgotten } from '../../src/batching/views.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import type { OracleState, Talk } from './oracle-state.ts'

interface Around {
  readonly now: number
  readonly times: StoreTimes
}

export function namesOf({ talks, aliases }: OracleState): ConversationKey[] {
  return [...new Set([...talks.keys(), ...aliases.keys()])]
}

export function linksOf({ aliases }: OracleState, now: number): LinkName[] {
  return [...aliases].map(([from, { until }]) => ({ from, ageMs: now - (until - ALIAS_MS) }))
}

export function batchNamesOf({ talks, ended }: OracleState): BatchName[] {
  const turns = [...talks].flatMap(
    ([
      conversation,
      {
        state: { turn },
      },
    ]) =>
      turn ? [{ batchId: turn.id, conversation, isFailed: false, sealedAt: turn.sealedAt }] : [],
  )
  const failed = [...ended]
    .filter(([, { state }]) => state === 'failed')
    .map(([batchId, { conversation, turn }]) => ({
      ...{ batchId, conversation, isFailed: true, sealedAt: turn.sealedAt },
    }))
  return [...turns, ...failed]
}

export function batchOf(state: OracleState, id: BatchId, rules: MessageRules): BatchRecord | null {
  const ended = state.ended.get(id)
  if (ended) {
    const { conversation, turn, payloads, state: end, reason, settledAt } = ended
    const told = end === 'failed' ? toldOf(state, id) : null
    const messages = messagesOf(conversation, payloads, rules)
    return { conversation, turn, ending: { state: end, reason, settledAt }, messages, told }
  }
  for (const [conversation, talk] of state.talks) {
    const { turn } = talk.state
    if (turn?.id !== id) continue
    const messages = messagesOf(conversation, talk.turn, rules)
    return { conversation, turn, ending: null, messages, told: toldOf(state, id) }
  }
  return null
}

export function snapshotOf(
  state: OracleState,
  conversation: ConversationKey,
  rules: MessageRules,
  { now, times }: Around,
): ConversationRecord {
  const talk = state.talk(conversation)
  const { open, turn, holdUntil, holdWhy, under } = talk.state
  const alias = state.aliases.get(conversation)
  const dedupeMs = rules.dedupeMsOf(conversation)
  const endOf = (until: number) => (until === Number.POSITIVE_INFINITY ? null : until)
  return {
    conversation,
    at: now,
    alias: alias && alias.until > now ? alias : null,
    open: open && { batch: open, messages: messagesOf(conversation, talk.open, rules) },
    turn: turn && batchOf(state, turn.id, rules),
    hold:
      holdUntil > now
        ? {
            until: endOf(holdUntil),
            why: holdWhy,
            under:
              under && under.until > now ? { until: endOf(under.until), why: under.why } : null,
          }
        : null,
    known: [...talk.seen].filter(([, seenAt]) => seenAt > now - dedupeMs),
    marks: [...talk.marks].filter(([, until]) => until > now),
    past: talk.past
      .filter(({ at }) => at > now - times.historyMs)
      .flatMap(({ at, batchId, payload }): PastRecord[] => {
        if (batchId === null) return [{ kind: 'human', at, entryId: null, payload }]
        const batch = batchOf(state, batchId, rules)
        if (!batch) return []
        const isAnswered = batch.ending?.state === 'answered'
        return [isAnswered ? { kind: 'batch', at, batch } : { kind: 'named', at, batchId }]
      }),
  }
}

export function restoreIn(
  state: OracleState,
  { record, dedupeMs }: Restore,
  around: Around,
): Restored {
  return isConversationRecord(record)
    ? restoreConversation(state, record, dedupeMs, around)
    : restoreBatch(state, record, dedupeMs, around)
}

function restoreBatch(
  state: OracleState,
  record: BatchRecord,
  dedupeMs: number,
  around: Around,
): Restored {
  const { conversation, turn, ending } = record
  const { now, times } = around
  if (!ending) {
    const nothing = { alias: null, open: null, hold: null, known: [], marks: [], past: [] }
    const alone = { conversation, at: now, ...nothing, turn: record }
    return restoreConversation(state, alone, dedupeMs, around)
  }
  if (isForgotten(ending, times.retentionMs, now)) return NOTHING_RESTORED
  const root = state.talk(state.root(conversation, now))
  if (isThere(state, turn.id) || root.state.open?.id === turn.id) {
    return { ...NOTHING_RESTORED, there: 1 }
  }
  const isAnswered = ending.state === 'answered'
  const messages = isAnswered
    ? record.messages
    : unknownOf(record.messages, knows(root, dedupeMs, now))
  const known = record.messages.length - messages.length
  if (messages.length === 0) return { ...NOTHING_RESTORED, known }
  const size = messages.length
  const isTaken = [...state.ended.values()].some(
    (one) =>
      one.conversation === conversation &&
      one.state === 'failed' &&
      one.reason === ending.reason &&
      one.turn.attempt === 0,
  )
  const isAside = !isAnswered && turn.attempt === 0
  state.ended.set(turn.id, {
    ...ending,
    conversation,
    turn: { ...turn, size, attempt: isAside && isTaken ? 1 : turn.attempt },
    payloads: messages.map(({ payload }) => payload),
  })
  state.counts.accepted += size
  state.counts[ending.state] += size
  if (isAnswered) return NOTHING_RESTORED
  for (const { idHash } of messages) root.seen.set(idHash, now)
  return { ...NOTHING_RESTORED, batches: 1, messages: size, known }
}

function restoreConversation(
  state: OracleState,
  record: ConversationRecord,
  dedupeMs: number,
  around: Around,
): Restored {
  const { now, times } = around
  const conversation = state.root(record.conversation, now)
  for (const one of record.past) {
    if (one.kind === 'batch') restoreBatch(state, one.batch, dedupeMs, around)
  }
  const talk = state.talk(conversation)
  const plan = restoring(
    record,
    {
      state: talk.state,
      isBatch: (id) => isThere(state, id as BatchId),
      ...knows(talk, dedupeMs, now),
    },
    now,
  )
  const { turn, turnMessages, openMessages } = plan
  const payloadsOf = (messages: readonly BackedMessage[]) => messages.map(({ payload }) => payload)
  talk.state = plan.state
  talk.open.unshift(...payloadsOf(openMessages))
  if (turn?.isFailed) {
    state.ended.set(turn.turn.id, {
      ...{ state: 'failed', reason: RESTORED_BESIDE, settledAt: now },
      ...{ conversation, turn: turn.turn, payloads: payloadsOf(turnMessages) },
    })
  } else if (turn) talk.turn = payloadsOf(turnMessages)
  state.counts.accepted += turnMessages.length + openMessages.length
  state.counts[turn?.isFailed ? 'failed' : 'open'] += turnMessages.length
  state.counts.open += openMessages.length
  for (const [hash, seenAt] of record.known) {
    if (seenAt > now - dedupeMs) talk.seen.set(hash, Math.max(seenAt, talk.seen.get(hash) ?? 0))
  }
  for (const { idHash } of [...turnMessages, ...openMessages]) {
    if (!talk.seen.has(idHash)) talk.seen.set(idHash, now)
  }
  for (const [hash, until] of record.marks) {
    if (until > now) talk.marks.set(hash, Math.max(until, talk.marks.get(hash) ?? 0))
  }
  joinPast(talk, record, times)
  const { alias } = record
  const isBare = !talk.state.open && !talk.state.turn && talk.state.holdUntil <= now
  const leads =
    alias !== null &&
    alias.until > now &&
    conversation === record.conversation &&
    isBare &&
    state.root(alias.to, now) !== conversation
  if (leads) state.aliases.set(conversation, alias)
  return { ...plan.restored, aliases: leads ? 1 : 0 }
}

function joinPast(talk: Talk, { past }: ConversationRecord, times: StoreTimes): void {
  if (times.historyTurns === 0 || times.historyMs === 0) return
  const rows = past.map((one) => ({
    at: one.at,
    batchId: one.kind === 'human' ? null : one.kind === 'batch' ? one.batch.turn.id : one.batchId,
    payload: one.kind === 'human' ? one.payload : '',
  }))
  const missing = rows.filter(
    (row) =>
      !talk.past.some((there) =>
        row.batchId === null
          ? there.at === row.at && there.payload === row.payload
          : there.batchId === row.batchId,
      ),
  )
  talk.past = [...missing, ...talk.past].sort((a, b) => a.at - b.at).slice(-times.historyTurns)
}

function isThere(state: OracleState, id: BatchId): boolean {
  return state.ended.has(id) || [...state.talks.values()].some((talk) => talk.state.turn?.id === id)
}

function knows(talk: Talk, dedupeMs: number, now: number) {
  return { isKnown: (hash: string) => (talk.seen.get(hash) ?? -Infinity) > now - dedupeMs }
}

function toldOf({ talks }: OracleState, id: BatchId): number | null {
  for (const { past } of talks.values()) {
    const found = past.find(({ batchId }) => batchId === id)
    if (found) return found.at
  }
  return null
}

function messagesOf(
  conversation: ConversationKey,
  payloads: readonly string[],
  rules: MessageRules,
): BackedMessage[] {
  return payloads.map((payload) => ({ idHash: rules.idHashOf(conversation, payload), payload }))
}
