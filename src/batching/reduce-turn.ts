/** Transitions of the turn: reclaim, queued, begin, record, settle, retry. */
import {
  type Answer,
  type ConversationState,
  type EventOf,
  moved,
  type OpenBatch,
  type Reduced,
  type ReduceLimits,
  type Turn,
} from './conversation-state.ts'
import type { PartState, RecordResult, Settlement } from './store.ts'

function isWaiting(turn: Turn, now: number, limits: ReduceLimits): boolean {
  return turn.wakeAt > now && turn.wakeAt <= now + limits.turnHorizonMs
}

/**
 * A turn that nobody has begun is handed over under the same id, so a queue that has it drops the
 * double, and one that lost it takes it. Half a job can block an id for ever: so from time to time,
 * less and less often, it gets a new one.
 */
function keepsItsJob(turn: Turn, now: number, limits: ReduceLimits): boolean {
  if (turn.state === 'sealed') return true
  const patienceMs = limits.queuedMs * 10 * 2 ** (turn.attempt - 1)
  return turn.state === 'queued' && now - turn.sealedAt < patienceMs
}

export function reclaim(
  state: ConversationState,
  event: EventOf<'reclaim'>,
  limits: ReduceLimits,
): Reduced {
  const old = state.turn
  if (!old || old.id !== event.batchId) return [state, [], { outcome: 'gone' }]
  if (isWaiting(old, event.now, limits)) return [state, [], { outcome: 'early' }]
  const turn: Turn = {
    ...old,
    state: 'sealed',
    attempt: keepsItsJob(old, event.now, limits) ? old.attempt : old.attempt + 1,
    epoch: old.epoch + 1,
    wakeAt: event.now + limits.handoverMs,
  }
  return [{ ...state, turn }, [], { outcome: 'reclaimed', turn }]
}

export function queued(
  state: ConversationState,
  event: EventOf<'queued'>,
  limits: ReduceLimits,
): Reduced {
  const turn = state.turn
  if (turn?.id !== event.batchId || turn.state !== 'sealed' || turn.attempt !== event.attempt) {
    return [state, [], { outcome: 'ignored' }]
  }
  const next: Turn = { ...turn, state: 'queued', wakeAt: event.now + limits.queuedMs }
  return [{ ...state, turn: next }, [], { outcome: 'done' }]
}

export function begin(
  state: ConversationState,
  event: EventOf<'begin'>,
  limits: ReduceLimits,
): Reduced {
  const turn = state.turn
  if (!turn || turn.id !== event.batchId) return [state, [], { outcome: 'gone' }]
  if (turn.attempt !== event.attempt || turn.state === 'waiting') {
    return [state, [], { outcome: 'stale' }]
  }
  if (turn.state === 'running' && isWaiting(turn, event.now, limits)) {
    return [state, [], { outcome: 'running' }]
  }
  if (turn.starts >= limits.maxStarts) return fail(state, turn, 'poison', { outcome: 'poison' })
  const next: Turn = {
    ...turn,
    state: 'running',
    epoch: turn.epoch + 1,
    starts: turn.starts + 1,
    wakeAt: event.now + limits.leaseMs,
  }
  return [{ ...state, turn: next }, [], { outcome: 'go' }]
}

function fail(state: ConversationState, turn: Turn, reason: string, answer: Answer): Reduced {
  return [
    { ...state, turn: null },
    [{ type: 'end', turn, state: 'failed', reason }, ...moved('failed', turn.size)],
    answer,
  ]
}

export function record(
  state: ConversationState,
  event: EventOf<'record'>,
  limits: ReduceLimits,
): Reduced {
  const old = state.turn
  const { step } = event
  if (!old || old.id !== event.batchId || old.state !== 'running' || old.epoch !== event.epoch) {
    return [state, [], { outcome: 'fenced' }]
  }
  const turn: Turn = { ...old, wakeAt: event.now + limits.leaseMs }
  const next = (changed: Turn, answer: RecordResult): Reduced => [
    { ...state, turn: changed },
    [],
    answer,
  ]
  switch (step.kind) {
    case 'alive':
      return next(turn, { outcome: 'ok' })
    case 'draft': {
      if (turn.draft) return next(turn, { outcome: 'drafted', parts: turn.draft })
      const parts: PartState[] = step.parts.map(() => ({ state: 'waiting' }))
      return next({ ...turn, draft: step.parts, parts }, { outcome: 'drafted', parts: step.parts })
    }
    case 'start': {
      const part = turn.parts[step.index]
      if (part?.state === 'sent') return next(turn, { outcome: 'sent' })
      const untouched = turn.parts.every((other) => other.state === 'waiting')
      if (step.unlessNewer && untouched && state.open) return next(turn, { outcome: 'interrupted' })
      const parts = turn.parts.with(step.index, { state: 'sending' })
      return next({ ...turn, parts }, { outcome: 'go', uncertain: part?.state === 'sending' })
    }
    case 'sent': {
      const parts = turn.parts.with(step.index, { state: 'sent', providerId: step.providerId })
      return next({ ...turn, parts }, { outcome: 'ok' })
    }
  }
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
    case 'answered':
      return [
        { ...state, turn: null },
        [{ type: 'end', turn, state: 'answered', reason: null }, ...moved('answered', turn.size)],
        { outcome: 'answered' },
      ]
    case 'failed':
      return fail(state, turn, settlement.reason, { outcome: 'failed' })
    case 'retry': {
      if (turn.retries >= settlement.maxRetries) {
        return fail(state, turn, settlement.reason, { outcome: 'failed' })
      }
      const wakeAt = now + settlement.afterMs
      const next: Turn = { ...turn, state: 'waiting', retries: turn.retries + 1, starts: 0, wakeAt }
      return [{ ...state, turn: next }, [], { outcome: 'waiting' }]
    }
    case 'giveBack': {
      const starts = Math.max(0, turn.starts - 1)
      const next: Turn = { ...turn, state: 'waiting', starts, wakeAt: now }
      return [{ ...state, turn: next }, [], { outcome: 'waiting' }]
    }
    case 'reopen':
      return reopen(state, turn, settlement, now)
  }
}

function reopen(
  state: ConversationState,
  turn: Turn,
  settlement: Extract<Settlement, { kind: 'reopen' }>,
  now: number,
): Reduced {
  const before = state.open
  const id = before?.id ?? settlement.newBatchId
  const size = turn.size + (before?.size ?? 0)
  const capAt = turn.firstAt + turn.ageMs
  // Messages that were set aside have no limit of their own.
  const maxSize = turn.maxSize || size
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
  const turn: Turn = {
    ...event.failed,
    state: 'waiting',
    starts: 0,
    retries: 0,
    epoch: event.failed.epoch + 1,
    wakeAt: event.now,
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
