/** Transitions of a turn that goes on: reclaim, queued, begin, record. `reduce-turn-end.ts` has its ends. */
import { arrived } from './arrive.ts'
import type {
  ConversationState,
  EventOf,
  Reduced,
  ReduceLimits,
  Turn,
} from './conversation-state.ts'
import { fail, isTouched, sentOf } from './reduce-turn-end.ts'
import type { PartState, RecordResult } from './store-turn.ts'

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
    case 'alive': {
      const isOver = step.unlessNewer && isInterrupted(state, turn)
      return next(turn, { outcome: isOver ? 'interrupted' : 'ok' })
    }
    case 'draft': {
      if (turn.draft) return next(turn, { outcome: 'drafted', parts: turn.draft })
      const waiting: PartState[] = step.parts.map(() => ({ state: 'waiting' }))
      const drafted = { ...turn, draft: step.parts, heard: step.heard ?? turn.heard }
      const answer = { outcome: 'drafted', parts: step.parts } as const
      if (!step.first) return next({ ...drafted, parts: waiting }, answer)
      if (step.first.unlessNewer && isInterrupted(state, turn)) {
        return next({ ...drafted, parts: waiting }, { ...answer, first: 'interrupted' })
      }
      const parts = waiting.with(0, { state: 'sending', startedAt: event.now })
      return next({ ...drafted, parts }, { ...answer, first: 'go' })
    }
    case 'start': {
      const part = turn.parts[step.index]
      if (part?.state === 'sent' || part?.state === 'skipped') {
        return next(turn, { outcome: 'sent' })
      }
      if (step.unlessNewer && isInterrupted(state, turn)) {
        return next(turn, { outcome: 'interrupted' })
      }
      if (part?.state === 'sending') {
        const { startedAt } = part
        const since = startedAt === undefined ? {} : { startedAt }
        return next(turn, { outcome: 'go', uncertain: true, ...since })
      }
      const parts = turn.parts.with(step.index, { state: 'sending', startedAt: event.now })
      return next({ ...turn, parts }, { outcome: 'go', uncertain: false })
    }
    case 'sent': {
      return next({ ...turn, parts: sentOf(turn, step) }, { outcome: 'ok' })
    }
    case 'skip': {
      // It may have been said to have arrived meanwhile.
      if (turn.parts[step.index]?.state === 'sent') return next(turn, { outcome: 'ok' })
      const parts = turn.parts.with(step.index, { state: 'skipped' })
      return next({ ...turn, parts }, { outcome: 'ok' })
    }
    case 'unsent': {
      const part = turn.parts[step.index]
      if (part?.state !== 'sending') return next(turn, { outcome: 'ok' })
      const parts = turn.parts.with(step.index, { state: 'waiting' })
      return next({ ...turn, parts }, { outcome: 'ok' })
    }
    case 'apologise':
      if (turn.apologised || (step.answerless && turn.draft)) return next(turn, { outcome: 'sent' })
      return next({ ...turn, apologised: true }, { outcome: 'go', uncertain: false })
  }
}

export function arrive(state: ConversationState, event: EventOf<'arrive'>): Reduced {
  const old = state.turn
  const turn = old?.id === event.batchId ? arrived(old, event) : null
  return turn ? [{ ...state, turn }, [], { outcome: 'done' }] : [state, [], { outcome: 'gone' }]
}

/** Something that asks for an answer waits, and nothing of this one has gone out. */
function isInterrupted(state: ConversationState, turn: Turn): boolean {
  return (state.open?.lastLoud ?? 0) > 0 && !isTouched(turn)
}
