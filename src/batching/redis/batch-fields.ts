/** A batch between its hash and the words of a backup. */
import type { BatchId, ConversationKey, SealCause } from '../../message.ts'
import type { OpenBatch, Turn } from '../conversation-state.ts'
import { draftIn } from '../draft.ts'
import type { BatchRecord } from '../store-backup.ts'
import type { PartState } from '../store-turn.ts'
import type { Ending } from '../views.ts'
import { partState } from './replies.ts'

export type Hash = Readonly<Record<string, string>>

/** A flat reply of HGETALL. */
export function hashOf(flat: readonly string[]): Hash {
  const hash: Record<string, string> = {}
  for (let i = 0; i + 1 < flat.length; i += 2) hash[flat[i] ?? ''] = flat[i + 1] ?? ''
  return hash
}

export function turnOf(id: BatchId, hash: Hash, lookAt: number): Turn {
  const parts = Number(hash.parts ?? 0)
  return {
    id,
    state: isTurnState(hash.state) ? hash.state : 'waiting',
    size: Number(hash.size),
    firstAt: Number(hash.first),
    lastAt: Number(hash.last),
    dueAt: Number(hash.due),
    sealedAt: Number(hash.sealed),
    cause: hash.cause as SealCause,
    ageMs: Number(hash.age),
    maxSize: Number(hash.max),
    extra: Number(hash.extra ?? 0),
    restId: (hash.rest || null) as BatchId | null,
    attempt: Number(hash.attempt),
    epoch: Number(hash.epoch),
    starts: Number(hash.starts),
    retries: Number(hash.retries),
    wakeAt: lookAt,
    draft: hash.draft ? draftIn(JSON.parse(hash.draft)) : null,
    parts: Array.from({ length: parts }, (_, i) => {
      const [part, startedAt] = [hash[`p${i}`], hash[`s${i}`]]
      return partState(part === 'sending' && startedAt ? `${part}:${startedAt}` : part)
    }),
    heard: hash.heard ?? null,
    interrupts: Number(hash.interrupts ?? 0),
    apologised: hash.sorry === '1',
  }
}

export function endingOf({ state, reason, settled }: Hash): Ending | null {
  if (state !== 'answered' && state !== 'failed') return null
  return { state, reason: reason ?? null, settledAt: Number(settled) }
}

export function openOf(hash: Hash, size: number): OpenBatch {
  return {
    id: hash.id as BatchId,
    firstAt: Number(hash.first),
    lastAt: Number(hash.last),
    dueAt: Number(hash.due),
    idleMs: Number(hash.idle),
    ageMs: Number(hash.age),
    maxSize: Number(hash.max),
    size,
    lastLoud: Number(hash.loud),
    overAt: Number(hash.over),
    interrupts: Number(hash.interrupts ?? 0),
    extra: Number(hash.extra ?? 0),
    album: hash.album === '1',
  }
}

/** Field and value in turn, as HSET takes them; without the size, which is what comes back. */
export function fieldsOf({ conversation, turn, ending, told }: BatchRecord): (string | number)[] {
  const { draft, parts, heard } = turn
  const fields: Record<string, string | number | null> = {
    c: conversation,
    state: ending?.state ?? turn.state,
    attempt: turn.attempt,
    epoch: turn.epoch,
    starts: turn.starts,
    retries: turn.retries,
    first: turn.firstAt,
    last: turn.lastAt,
    due: turn.dueAt,
    sealed: turn.sealedAt,
    cause: turn.cause,
    age: turn.ageMs,
    max: turn.maxSize,
    rest: turn.restId ?? '',
    interrupts: turn.interrupts,
    extra: turn.extra > 0 ? turn.extra : null,
    draft: draft && JSON.stringify(draft),
    parts: draft?.length ?? null,
    heard,
    sorry: turn.apologised ? 1 : null,
    told,
    reason: ending?.reason ?? null,
    settled: ending?.settledAt ?? null,
  }
  for (const [i, part] of parts.entries()) {
    fields[`p${i}`] = partField(part)
    if (part.state === 'sending') fields[`s${i}`] = part.startedAt ?? null
  }
  return Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [name, value]))
}

function partField(part: PartState): string | null {
  if (part.state === 'waiting') return null
  return part.state === 'sent' ? `sent:${part.providerId}` : part.state
}

export function batchRecord(
  id: BatchId,
  hash: Hash,
  messages: BatchRecord['messages'],
  lookAt: number,
): BatchRecord {
  return {
    conversation: hash.c as ConversationKey,
    turn: turnOf(id, hash, lookAt),
    ending: endingOf(hash),
    messages,
    told: hash.told === undefined ? null : Number(hash.told),
  }
}

function isTurnState(state: string | undefined): state is Turn['state'] {
  return ['sealed', 'queued', 'running', 'waiting'].includes(state ?? '')
}
