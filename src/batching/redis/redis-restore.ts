/**
 * Pieces of a backup come back on Redis. A conversation is one script; the settled batches of its past
 * are put there before, each by one of its own, where nothing names them yet.
 */
import { createHash } from 'node:crypto'
import type { ConversationKey } from '../../message.ts'
import { newBatchId } from '../batch-id.ts'
import type {
  BackedMessage,
  BatchRecord,
  ConversationRecord,
  PastRecord,
  Restore,
  Restored,
} from '../store-backup.ts'
import { isConversationRecord, NOTHING_RESTORED } from '../store-backup.ts'
import { isForgotten } from '../views.ts'
import { fieldsOf } from './batch-fields.ts'
import type { RedisCalls } from './calls.ts'
import { follow, type IsHere, resolve } from './redis-alias.ts'
import { FOREVER } from './replies.ts'
import { type Arg, texts } from './scripts.ts'

interface How extends Pick<Restore, 'dedupeMs' | 'dryRun'> {
  readonly isHere: IsHere
  /** What is settled has been counted, in another partition. */
  readonly isCounted: boolean
}

export async function restore(
  calls: RedisCalls,
  { record, ...given }: Restore,
  { isHere = () => true, isCounted = false }: Partial<Pick<How, 'isHere' | 'isCounted'>> = {},
): Promise<Restored> {
  const how = { ...given, isHere, isCounted }
  const now = await nowOf(calls)
  return isConversationRecord(record)
    ? restoreConversation(calls, record, how, now)
    : restoreBatch(calls, record, how, now)
}

/** Only what is left of a time to live is reckoned with it; the scripts ask the server themselves. */
async function nowOf(calls: RedisCalls): Promise<number> {
  const given = calls.now()
  if (given !== '') return Number(given)
  const [seconds, micros] = await calls.guard(calls.server().time())
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}

async function restoreBatch(
  calls: RedisCalls,
  record: BatchRecord,
  how: How,
  now: number,
): Promise<Restored> {
  const { conversation, turn, ending, messages } = record
  if (!ending) return restoreConversation(calls, turnAlone(record, now), how, now)
  if (isForgotten(ending, calls.times.retentionMs, now)) return NOTHING_RESTORED
  const k = calls.keys
  const [leads = conversation] = await calls.guard(resolve(calls.redis, k, [conversation]))
  const root = how.isHere(leads) ? leads : conversation
  const fields = fieldsOf(record)
  const isAnswered = ending.state === 'answered'
  const reply = await calls.run(
    'restore-batch',
    [
      ...[k.batch(turn.id), k.messages(turn.id), k.conversation(conversation)],
      ...[k.ids(root), k.failed, k.counts],
    ],
    [
      ...[calls.now(), turn.id, how.dryRun ? 1 : 0, how.dedupeMs, ending.state],
      ...[isAnswered ? '' : (ending.reason ?? ''), ending.settledAt],
      Math.ceil(ending.settledAt + calls.times.retentionMs - now),
      ...[how.isCounted ? 1 : 0, fields.length / 2],
      ...fields,
      ...messages.flatMap(pair),
    ],
  )
  const [outcome, n] = texts(reply)
  if (outcome === 'there') return { ...NOTHING_RESTORED, there: 1 }
  if (outcome === 'known') return { ...NOTHING_RESTORED, known: Number(n) }
  if (isAnswered) return NOTHING_RESTORED
  const came = Number(n)
  return { ...NOTHING_RESTORED, batches: 1, messages: came, known: messages.length - came }
}

/** One that went on to be a turn between two looks; its conversation has nothing else to say. */
function turnAlone(turn: BatchRecord, at: number): ConversationRecord {
  const nothing = { alias: null, open: null, hold: null, known: [], marks: [], past: [] }
  return { conversation: turn.conversation, at, ...nothing, turn }
}

async function restoreConversation(
  calls: RedisCalls,
  record: ConversationRecord,
  how: How,
  now: number,
): Promise<Restored> {
  const k = calls.keys
  const past: string[] = []
  for (const one of record.past) past.push(await restorePast(calls, record, one, how, now))
  // A key that is not used has to have a name all the same.
  const unused = newBatchId()
  const openId = record.open?.batch.id ?? unused
  const turnId = record.turn?.turn.id ?? unused
  const to = record.alias?.to ?? record.conversation
  const restored = (c: ConversationKey) =>
    calls.run(
      'restore',
      [
        ...[k.alias(c), k.conversation(c), k.list(c), k.mirror(c), k.ids(c), k.marks(c)],
        ...[k.history(c), k.open, k.turns, k.failed, k.held, k.counts],
        ...[k.batch(turnId), k.messages(turnId), k.batch(openId), k.messages(openId), k.alias(to)],
      ],
      argsOf(calls, c, record, past, how, now),
    )
  const reply = await follow(record.conversation, restored, how.isHere)
  const [, batches, messages, joined, failed, there, known, holds, aliases] =
    texts(reply).map(Number)
  return {
    batches: batches ?? 0,
    messages: messages ?? 0,
    joined: joined ?? 0,
    failed: failed ?? 0,
    there: there ?? 0,
    known: known ?? 0,
    holds: holds ?? 0,
    aliases: aliases ?? 0,
  }
}

function argsOf(
  calls: RedisCalls,
  c: ConversationKey,
  record: ConversationRecord,
  past: readonly string[],
  { dedupeMs, dryRun }: How,
  now: number,
): Arg[] {
  const { open, turn, hold, alias, known, marks } = record
  const { historyTurns, historyMs, wakeMs } = calls.times
  const until = (at: { until: number | null } | null | undefined): Arg =>
    at ? (at.until ?? FOREVER) : ''
  const batch = open?.batch
  const fields = turn ? fieldsOf(turn) : []
  const alive = known.filter(([, seenAt]) => seenAt > now - dedupeMs)
  return [
    ...[calls.now(), c, dryRun ? 1 : 0, dedupeMs, calls.mirrorMs, wakeMs, calls.channel],
    ...[historyTurns, historyMs, batch?.id ?? '', turn?.turn.id ?? '', turn?.turn.state ?? ''],
    ...[turn?.turn.wakeAt ?? '', until(hold), hold?.why ?? ''],
    ...[until(hold?.under), hold?.under?.why ?? ''],
    ...[alias?.to ?? '', alias ? alias.until - now : 0],
    ...[batch?.firstAt ?? 0, batch?.lastAt ?? 0, batch?.dueAt ?? 0, batch?.idleMs ?? 0],
    ...[batch?.lastLoud ?? 0, batch?.ageMs ?? 0, batch?.maxSize ?? 0, batch?.overAt ?? 0],
    ...[batch?.interrupts ?? 0, batch?.extra ?? 0, batch?.album ? 1 : 0],
    ...[fields.length / 2, turn?.messages.length ?? 0, open?.messages.length ?? 0],
    ...[alive.length, marks.length, past.length],
    ...fields,
    ...(turn?.messages ?? []).flatMap(pair),
    ...(open?.messages ?? []).flatMap(pair),
    ...alive.flat(),
    ...marks.flat(),
    ...past,
  ]
}

/** Puts what is named by the history where it can be found, and answers its name. */
async function restorePast(
  calls: RedisCalls,
  { conversation }: ConversationRecord,
  one: PastRecord,
  how: How,
  now: number,
): Promise<string> {
  if (one.kind === 'named') return one.batchId
  if (one.kind === 'batch') {
    if (!how.dryRun) await restoreBatch(calls, one.batch, how, now)
    return one.batch.turn.id
  }
  const id = one.entryId ?? entryIdOf(conversation, one)
  const leftMs = Math.ceil(one.at + calls.times.historyMs - now)
  if (how.dryRun || leftMs <= 0) return id
  const said = `${one.at} ${one.payload}`
  await calls.guard(calls.redis.set(calls.keys.said(id), said, 'PX', leftMs, 'NX'))
  return id
}

/** The same each time, so that words come back once. */
function entryIdOf(
  conversation: ConversationKey,
  { at, payload }: { at: number; payload: string },
): string {
  const sum = createHash('sha256').update(`${conversation}\n${at}\n${payload}`)
  return `h_${sum.digest('base64url').slice(0, 22)}`
}

const pair = ({ idHash, payload }: BackedMessage): [string, string] => [idHash, payload]
