/**
 * Rows as the state of `reduce`, and back. A row that cannot be right is `store_damaged`: nothing
 * is guessed.
 */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { BatchId, ConversationKey, Part, SealCause } from '../../message.ts'
import type { ConversationState, OpenBatch, Turn } from '../conversation-state.ts'
import { NOTHING, wakeAt } from '../conversation-state.ts'
import { draftIn } from '../draft.ts'
import type { HoldReason } from '../store-holds.ts'
import type { PartState } from '../store-turn.ts'
import type { Ending } from '../views.ts'
import { damaged } from './sqlite-errors.ts'

export type Row = Record<string, SQLOutputValue>
export type Values = Record<string, SQLInputValue>

export function numberIn(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw damaged(`${column} of batch ${row.id} is not a number`)
  return value
}

export function textIn(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw damaged(`${column} of batch ${row.id} is not a text`)
  return value
}

export function batchIdIn(row: Row, column = 'id'): BatchId {
  return textIn(row, column) as BatchId
}

export function conversationIn(row: Row): ConversationKey {
  return textIn(row, 'conversation') as ConversationKey
}

const HOLD_REASONS: readonly string[] = ['human', 'paused', 'stopped']

export function holdReasonIn(row: Row): HoldReason {
  const { why } = row
  if (!HOLD_REASONS.includes(String(why))) throw damaged('the reason of a hold is none')
  return why as HoldReason
}

type Hold = Pick<ConversationState, 'holdUntil' | 'holdWhy' | 'under'>

export function holdFrom(row: Row | undefined): Hold {
  const { holdUntil, holdWhy, under } = NOTHING
  if (!row) return { holdUntil, holdWhy, under }
  const { under_until: until, under_why: why } = row
  return {
    holdUntil: untilIn(row.until),
    holdWhy: holdReasonIn(row),
    under: why === null ? null : { until: untilIn(until), why: holdReasonIn({ why: why ?? null }) },
  }
}

/** Without an end where nothing is stored. */
function untilIn(stored: Row[string] | undefined): number {
  if (stored === null) return Number.POSITIVE_INFINITY
  if (typeof stored !== 'number') throw damaged('the end of a hold is no number')
  return stored
}

export function timeOf(until: number): number | null {
  return until === Number.POSITIVE_INFINITY ? null : until
}

export function openFrom(row: Row): OpenBatch {
  return {
    id: batchIdIn(row),
    firstAt: numberIn(row, 'first_at'),
    lastAt: numberIn(row, 'last_at'),
    dueAt: numberIn(row, 'due_at'),
    idleMs: numberIn(row, 'idle_ms'),
    ageMs: numberIn(row, 'age_ms'),
    maxSize: numberIn(row, 'max_size'),
    size: numberIn(row, 'size'),
    lastLoud: numberIn(row, 'last_loud'),
    overAt: numberIn(row, 'over_at'),
    interrupts: numberIn(row, 'interrupts'),
    extra: numberIn(row, 'extra'),
    album: numberIn(row, 'album') === 1,
  }
}

const TURN_STATES: readonly string[] = ['sealed', 'queued', 'running', 'waiting']
const CAUSES: readonly string[] = ['idle', 'full', 'age', 'flush', 'clock']

/** A turn, or what is kept of one that was settled (then `state` is only a placeholder). */
export function turnFrom(row: Row): Turn {
  const state = textIn(row, 'state')
  const cause = textIn(row, 'cause')
  if (!CAUSES.includes(cause)) throw damaged(`cause of batch ${row.id} is none`)
  return {
    id: batchIdIn(row),
    state: (TURN_STATES.includes(state) ? state : 'waiting') as Turn['state'],
    size: numberIn(row, 'size'),
    firstAt: numberIn(row, 'first_at'),
    lastAt: numberIn(row, 'last_at'),
    dueAt: numberIn(row, 'due_at'),
    sealedAt: numberIn(row, 'sealed_at'),
    cause: cause as SealCause,
    ageMs: numberIn(row, 'age_ms'),
    maxSize: numberIn(row, 'max_size'),
    extra: numberIn(row, 'extra'),
    restId: row.rest_id === null ? null : batchIdIn(row, 'rest_id'),
    attempt: numberIn(row, 'attempt'),
    epoch: numberIn(row, 'epoch'),
    starts: numberIn(row, 'starts'),
    retries: numberIn(row, 'retries'),
    wakeAt: row.look_at === null ? 0 : numberIn(row, 'look_at'),
    draft: draftFrom(row),
    parts: partsFrom(row),
    heard: row.heard === null ? null : textIn(row, 'heard'),
    interrupts: numberIn(row, 'interrupts'),
    apologised: numberIn(row, 'apologised') === 1,
  }
}

export function endingFrom(row: Row): Ending | null {
  const { state, reason } = row
  if (state !== 'answered' && state !== 'failed') return null
  return {
    state,
    reason: reason === null ? null : textIn(row, 'reason'),
    settledAt: numberIn(row, 'settled_at'),
  }
}

function draftFrom(row: Row): readonly Part[] | null {
  if (row.draft === null) return null
  const draft = draftIn(parsed(row, 'draft'))
  if (!draft) throw damaged(`draft of batch ${row.id} is no list of parts`)
  return draft
}

function partsFrom(row: Row): readonly PartState[] {
  if (row.parts === null) return []
  const parts = parsed(row, 'parts')
  if (!Array.isArray(parts) || !parts.every(isPartState)) {
    throw damaged(`parts of batch ${row.id} are no list of states`)
  }
  return parts
}

function isPartState(part: unknown): part is PartState {
  if (typeof part !== 'object' || part === null || !('state' in part)) return false
  if ('startedAt' in part && typeof part.startedAt !== 'number') return false
  if (part.state === 'sent') return 'providerId' in part && typeof part.providerId === 'string'
  return ['waiting', 'sending', 'skipped'].includes(String(part.state))
}

function parsed(row: Row, column: string): unknown {
  try {
    return JSON.parse(textIn(row, column))
  } catch (error) {
    throw damaged(`${column} of batch ${row.id} is not JSON`, error)
  }
}

/** The columns of an open batch that an event may change, but for `first_at`. */
export const OPEN_COLUMNS = [
  'size',
  'last_at',
  'due_at',
  'age_ms',
  'max_size',
  'idle_ms',
  'last_loud',
  'over_at',
  'interrupts',
  'extra',
  'album',
  'wake_at',
  'hold_end_at',
] as const

/** Their values, in the same order; by position, since binding by name costs more per message. */
export function openValues(
  open: OpenBatch,
  state: ConversationState,
  now: number,
): SQLInputValue[] {
  const wake = wakeAt(state, now)
  const at = wake === Number.POSITIVE_INFINITY ? null : wake
  const isHeld = state.holdUntil > now
  return [
    open.size,
    open.lastAt,
    open.dueAt,
    open.ageMs,
    open.maxSize,
    open.idleMs,
    open.lastLoud,
    open.overAt,
    open.interrupts,
    open.extra,
    open.album ? 1 : 0,
    isHeld ? null : at,
    isHeld ? at : null,
  ]
}

/** The columns of a turn, or of what is kept of it once it is settled. */
export function turnValues(turn: Turn, ending: Ending | null): Values {
  return {
    state: ending?.state ?? turn.state,
    size: turn.size,
    firstAt: turn.firstAt,
    lastAt: turn.lastAt,
    dueAt: turn.dueAt,
    ageMs: turn.ageMs,
    maxSize: turn.maxSize,
    extra: turn.extra,
    lookAt: ending ? null : turn.wakeAt,
    sealedAt: turn.sealedAt,
    cause: turn.cause,
    restId: turn.restId,
    attempt: turn.attempt,
    epoch: turn.epoch,
    starts: turn.starts,
    retries: turn.retries,
    draft: turn.draft && JSON.stringify(turn.draft),
    parts: turn.parts.length === 0 ? null : JSON.stringify(turn.parts),
    heard: turn.heard,
    interrupts: turn.interrupts,
    apologised: turn.apologised ? 1 : 0,
    reason: ending?.reason ?? null,
    settledAt: ending?.settledAt ?? null,
  }
}
