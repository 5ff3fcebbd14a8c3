/** Ends of a turn: settle, a human who steps in, an answer from elsewhere; and retry, which undoes one. */
import {
  type Answer,
  type ConversationState,
  type EventOf,
  HELD_MAX,
  moved,
  type OpenBatch,
  type Reduced,
  type Turn,
} from './conversation-state.ts'
import type { PartSent, PartState, Settlement } from './store-turn.ts'

/** Something of its answer went out, or may have. */
export function isTouched(turn: Turn): boolean {
  return turn.parts.some((part) => part.state !== 'waiting')
}

export function fail(
  state: ConversationState,
  turn: Turn,
  reason: string,
  answer: Answer,
): Reduced {
  return [
    { ...state, turn: null },
    [{ type: 'end', turn, state: 'failed', reason }, ...moved('failed', turn.size)],
    answer,
  ]
}

/** A settlement for another batch, or one that came before, is answered by the store from what it keeps. */
export function settle(state: ConversationState, event: EventOf<'settle'>): Reduced {
  const turn = state.turn
  const { settlement, now } = event
  if (!turn || turn.id !== event.batchId) return [state, [], { outcome: 'gone' }]
  if (turn.epoch !== event.epoch) return [state, [], { outcome: 'fenced' }]
  if (turn.state === 'waiting') return [state, [], { outcome: 'already' }]
  if (turn.state !== 'running') return [state, [], { outcome: 'fenced' }]
  switch (settlement.kind) {
    case 'answered': {
      const ended = settlement.last ? { ...turn, parts: sentOf(turn, settlement.last) } : turn
      return [
        { ...state, turn: null },
        [
          { type: 'end', turn: ended, state: 'answered', reason: null },
          ...moved('answered', turn.size),
        ],
        { outcome: 'answered' },
      ]
    }
    case 'failed':
      if (isAnsweredElsewhere(turn, settlement)) return goOn(state, turn, now)
      return fail(state, turn, settlement.reason, { outcome: 'failed' })
    case 'retry': {
      if (isAnsweredElsewhere(turn, settlement)) return goOn(state, turn, now)
      if (turn.retries >= settlement.maxRetries) {
        return fail(state, turn, settlement.reason, { outcome: 'failed' })
      }
      const wakeAt = now + settlement.afterMs
      const next: Turn = { ...turn, state: 'waiting', retries: turn.retries + 1, starts: 0, wakeAt }
      return [{ ...state, turn: next }, [], { outcome: 'waiting' }]
    }
    case 'giveBack': {
      const starts = Math.max(0, turn.starts - 1)
      const wakeAt = now + settlement.afterMs
      const next: Turn = { ...turn, state: 'waiting', starts, wakeAt }
      return [{ ...state, turn: next }, [], { outcome: 'waiting' }]
    }
    case 'park': {
      // It may have come before this was told.
      const wakeAt = turn.draft ? now : now + settlement.forMs
      const heard = settlement.heard ?? turn.heard
      const retries = turn.retries + 1
      const next: Turn = { ...turn, state: 'waiting', retries, starts: 0, wakeAt, heard }
      return [{ ...state, turn: next }, [], { outcome: 'waiting' }]
    }
    case 'reopen':
      return reopen(state, { ...turn, interrupts: turn.interrupts + 1 }, settlement, now)
  }
}

export function sentOf({ parts }: Turn, { index, providerId }: PartSent): readonly PartState[] {
  return parts.with(index, { state: 'sent', providerId })
}

/** Its own start got no answer, and one is there: it came by another way. */
function isAnsweredElsewhere(
  turn: Turn,
  { answerless }: { readonly answerless: boolean },
): boolean {
  return answerless && turn.draft !== null && !isTouched(turn)
}

function goOn(state: ConversationState, turn: Turn, now: number): Reduced {
  const next: Turn = { ...turn, state: 'waiting', starts: 0, wakeAt: now }
  return [{ ...state, turn: next }, [], { outcome: 'waiting' }]
}

function reopen(
  state: ConversationState,
  turn: Turn,
  settlement: Pick<Extract<Settlement, { kind: 'reopen' }>, 'newBatchId' | 'idleMs'>,
  now: number,
): Reduced {
  const before = state.open
  const id = before?.id ?? settlement.newBatchId
  const size = turn.size + (before?.size ?? 0)
  const capAt = turn.firstAt + turn.ageMs
  // Messages that were set aside have no limit of their own.
  const more = before?.extra ?? 0
  const maxSize =
    state.holdUntil > now
      ? HELD_MAX
      : turn.maxSize === 0
        ? size
        : Math.min(HELD_MAX, turn.maxSize + more)
  const open: OpenBatch = {
    id,
    firstAt: turn.firstAt,
    lastAt: before?.lastAt ?? turn.lastAt,
    dueAt: Math.min(before?.dueAt ?? now + settlement.idleMs, capAt),
    idleMs: before?.idleMs ?? settlement.idleMs,
    ageMs: turn.ageMs,
    maxSize,
    size,
    lastLoud: before?.lastLoud ? before.lastLoud + turn.size : turn.size,
    overAt: size > maxSize ? (before?.firstAt ?? turn.firstAt) : 0,
    interrupts: turn.interrupts,
    extra: turn.extra + more,
    album: before?.album ?? false,
  }
  return [
    { ...state, open, turn: null },
    [
      { type: 'prepend', from: turn.id, to: id },
      { type: 'erase', batchId: turn.id },
    ],
    { outcome: 'reopened' },
  ]
}

export function retry(state: ConversationState, event: EventOf<'retry'>): Reduced {
  if (state.turn) return [state, [], { outcome: 'busy' }]
  if (state.holdUntil > event.now) return [state, [], { outcome: 'held' }]
  const turn: Turn = {
    ...event.failed,
    state: 'waiting',
    starts: 0,
    retries: 0,
    epoch: event.failed.epoch + 1,
    wakeAt: event.now,
    apologised: false,
  }
  const n = turn.size
  return [
    { ...state, turn },
    [
      { type: 'count', name: 'failed', n: -n },
      { type: 'count', name: 'open', n },
    ],
    { outcome: 'done' },
  ]
}

/** The first draft stands, and a turn that waits for it goes on at once. */
export function answer(state: ConversationState, event: EventOf<'answer'>): Reduced {
  const { turn } = state
  if (!turn || turn.id !== event.batchId) return [state, [], { outcome: 'gone' }]
  if (turn.draft) return [state, [], { outcome: 'already' }]
  const parts: PartState[] = event.parts.map(() => ({ state: 'waiting' }))
  const wakeAt = turn.state === 'waiting' ? event.now : turn.wakeAt
  return [
    { ...state, turn: { ...turn, draft: event.parts, parts, wakeAt } },
    [],
    { outcome: 'done' },
  ]
}

/** Whoever has the turn is fenced. What is touched is not answered a second time. */
export function yieldTurn(state: ConversationState, event: EventOf<'yield'>): Reduced {
  const { turn } = state
  const { end, newBatchId, now } = event
  if (!turn) return [state, [], { outcome: 'none' }]
  if (end === 'reopened' && !isTouched(turn)) {
    return reopen(state, turn, { newBatchId, idleMs: 0 }, now)
  }
  const fenced = { ...turn, epoch: turn.epoch + 1 }
  return [
    { ...state, turn: null },
    [
      { type: 'end', turn: fenced, state: 'answered', reason: 'human' },
      ...moved('answered', turn.size),
    ],
    { outcome: 'answered' },
  ]
}
