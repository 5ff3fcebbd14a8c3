/**
 * What becomes of a backed up conversation in a store that has one by this name already. Pure; the
 * Lua script `restore` says the same.
 *
 *   turn: known ▶ left alone · no turn here ▶ the turn, handed over at once · else ▶ kept as failed
 *   open: known ▶ left alone · nothing open here ▶ as it was · else ▶ before what is open
 *   hold: beside what holds here, the longer one stands
 */
import {
  type ConversationState,
  FRESH,
  HELD_MAX,
  type OpenBatch,
  type Turn,
} from './conversation-state.ts'
import { joinHolds } from './join-open.ts'
import { yieldTurn } from './reduce-turn-end.ts'
import type {
  BackedMessage,
  BatchRecord,
  ConversationRecord,
  HoldRecord,
  Restored,
} from './store-backup.ts'
import { NOTHING_RESTORED } from './store-backup.ts'

/** What the store has. */
export interface Found {
  readonly state: ConversationState
  /** A batch of this id that was sealed. */
  isBatch(id: string): boolean
  isKnown(idHash: string): boolean
}

export interface Restoring {
  readonly state: ConversationState
  /** The turn that comes back; null = none does. */
  readonly turn: { readonly turn: Turn; readonly isFailed: boolean } | null
  readonly turnMessages: readonly BackedMessage[]
  /** Whether the messages stand before those of an open batch that was there. */
  readonly joins: boolean
  readonly openMessages: readonly BackedMessage[]
  readonly restored: Restored
}

export function restoring(record: ConversationRecord, found: Found, now: number): Restoring {
  const held = withHold(found.state, record.hold, now)
  const turn = turnOf(record.turn, found, now)
  const back = turn.messages.length > 0 ? turn.turn : null
  const isFailed = found.state.turn !== null
  const state = back && !isFailed ? { ...held, turn: back } : held
  const open = openOf(record.open, found)
  const after = open.batch ? withOpen(state, open.batch, now) : state
  const joins = open.batch !== null && found.state.open !== null
  return {
    state: after,
    turn: back ? { turn: back, isFailed } : null,
    turnMessages: turn.messages,
    joins,
    openMessages: open.messages,
    restored: {
      ...NOTHING_RESTORED,
      batches: Number(back !== null) + Number(open.batch !== null),
      messages: turn.messages.length + open.messages.length,
      joined: joins ? open.messages.length : 0,
      failed: back && isFailed ? 1 : 0,
      there: Number(turn.isThere) + Number(open.isThere),
      known: turn.known + open.known,
      holds: held === found.state ? 0 : 1,
    },
  }
}

/** Those of a batch that the store does not know yet. */
export function unknownOf(
  messages: readonly BackedMessage[],
  { isKnown }: Pick<Found, 'isKnown'>,
): readonly BackedMessage[] {
  return messages.filter(({ idHash }) => !isKnown(idHash))
}

interface TurnBack {
  readonly turn: Turn | null
  readonly messages: readonly BackedMessage[]
  readonly isThere: boolean
  readonly known: number
}

function turnOf(record: BatchRecord | null, found: Found, now: number): TurnBack {
  const nothing = { turn: null, messages: [], isThere: false, known: 0 }
  if (!record) return nothing
  const { id, state, wakeAt } = record.turn
  if (found.isBatch(id) || found.state.open?.id === id) return { ...nothing, isThere: true }
  const messages = unknownOf(record.messages, found)
  const known = record.messages.length - messages.length
  // Whoever had it is not there any more.
  const turn: Turn = {
    ...record.turn,
    size: messages.length,
    wakeAt: state === 'waiting' ? wakeAt : now,
  }
  return { turn, messages, isThere: false, known }
}

interface OpenBack {
  readonly batch: OpenBatch | null
  readonly messages: readonly BackedMessage[]
  readonly isThere: boolean
  readonly known: number
}

function openOf(record: ConversationRecord['open'], found: Found): OpenBack {
  const nothing = { batch: null, messages: [], isThere: false, known: 0 }
  if (!record) return nothing
  const { batch } = record
  if (found.isBatch(batch.id) || found.state.open?.id === batch.id) {
    return { ...nothing, isThere: true }
  }
  const messages = unknownOf(record.messages, found)
  const known = record.messages.length - messages.length
  if (messages.length === 0) return { ...nothing, known }
  if (known === 0) return { ...nothing, batch, messages }
  const lastLoud = unknownOf(record.messages.slice(0, batch.lastLoud), found).length
  const size = messages.length
  const overAt = size > batch.maxSize ? batch.overAt : 0
  return { batch: { ...batch, size, lastLoud, overAt }, messages, isThere: false, known }
}

/** What comes back is older than what is open: it stands before it, as a turn that is reopened. */
function withOpen(state: ConversationState, batch: OpenBatch, now: number): ConversationState {
  const isHeld = state.holdUntil > now
  if (!state.open) return { ...state, open: isHeld ? { ...batch, maxSize: HELD_MAX } : batch }
  const former: Turn = {
    ...{ ...FRESH, ...batch, sealedAt: now, wakeAt: now },
    ...{ state: 'sealed', cause: 'idle', restId: null },
  }
  const [after] = yieldTurn(
    { ...state, turn: former },
    { type: 'yield', now, end: 'reopened', newBatchId: batch.id },
  )
  return { ...after, turn: state.turn }
}

function withHold(
  state: ConversationState,
  hold: ConversationRecord['hold'],
  now: number,
): ConversationState {
  if (!hold) return state
  const { until: holdUntil, why: holdWhy } = ended(hold)
  const under = hold.under && ended(hold.under)
  const after = joinHolds(state, { open: null, turn: null, holdUntil, holdWhy, under }, now)
  const isSame =
    after.holdUntil === state.holdUntil &&
    after.holdWhy === state.holdWhy &&
    after.under?.until === state.under?.until &&
    after.under?.why === state.under?.why
  return isSame ? state : after
}

const ended = ({ until, why }: HoldRecord) => ({ until: until ?? Number.POSITIVE_INFINITY, why })
