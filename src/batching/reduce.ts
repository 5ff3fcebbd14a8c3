/**
 * The transitions of one conversation, as one pure function. No clock, no I/O: every event carries
 * its own time, and what has to be done outside of the state is returned as data.
 *
 *             append              seal                       settle: answered
 *  (nothing) ───────▶ open ─────────────────────▶ turn ─────────────────────▶ answered
 *                      ▲ ◀─ append                │  ▲ due again: reclaim
 *                      └──── settle: reopen ──────┘  └─── settle: failed ──▶ failed
 *
 * SQLite runs it inside its transaction, the oracle of the tests in memory, and the Lua scripts of
 * Redis say the same; a property test holds the three equal.
 */
import type { BatchId, SealCause } from '../message.ts'
import type {
  BeginResult,
  Limits,
  PartState,
  RecordResult,
  Retime,
  RetimeResult,
  Settlement,
  SettleResult,
  Step,
  StoreTimes,
} from './store.ts'

export interface OpenBatch {
  readonly id: BatchId
  readonly firstAt: number
  readonly lastAt: number
  /** By idle wait, age and flush; being full is added by `openDueAt`. */
  readonly dueAt: number
  /** Idle wait of the last message. */
  readonly idleMs: number
  readonly ageMs: number
  readonly maxSize: number
  readonly size: number
  /** Position of the last message that asks for an answer; 0 = reactions and stickers alone. */
  readonly lastLoud: number
  /** When message `maxSize + 1` came: the first of what a seal leaves over. 0 = none. */
  readonly overAt: number
}

export interface Turn {
  readonly id: BatchId
  readonly state: 'sealed' | 'queued' | 'running' | 'waiting'
  readonly size: number
  readonly firstAt: number
  readonly lastAt: number
  readonly dueAt: number
  readonly sealedAt: number
  readonly cause: SealCause
  readonly ageMs: number
  readonly maxSize: number
  readonly restId: BatchId | null
  /** Handovers. */
  readonly attempt: number
  /** Fence: raised by each start and each reclaim. */
  readonly epoch: number
  /** Starts since the last settle. */
  readonly starts: number
  readonly retries: number
  /** When to look again: lease, lost job, or retry. */
  readonly wakeAt: number
  readonly draft: readonly string[] | null
  readonly parts: readonly PartState[]
}

export interface ConversationState {
  readonly open: OpenBatch | null
  readonly turn: Turn | null
  /** 0 = not held, Infinity = until released. */
  readonly holdUntil: number
}

export const NOTHING: ConversationState = { open: null, turn: null, holdUntil: 0 }

export type ReduceLimits = Pick<
  StoreTimes,
  'handoverMs' | 'queuedMs' | 'leaseMs' | 'maxStarts' | 'turnHorizonMs'
>

export type Event =
  /** `messages` are those not seen before, in order. */
  | {
      readonly type: 'append'
      readonly now: number
      readonly messages: readonly { idleMs: number; quiet: boolean }[]
      readonly limits: Limits
      readonly newBatchId: BatchId
    }
  | {
      readonly type: 'seal'
      readonly now: number
      readonly batchId: BatchId
      readonly restId: BatchId
    }
  | { readonly type: 'reclaim'; readonly now: number; readonly batchId: BatchId }
  | {
      readonly type: 'queued'
      readonly now: number
      readonly batchId: BatchId
      readonly attempt: number
    }
  | {
      readonly type: 'begin'
      readonly now: number
      readonly batchId: BatchId
      readonly attempt: number
    }
  | {
      readonly type: 'record'
      readonly now: number
      readonly batchId: BatchId
      readonly epoch: number
      readonly step: Step
    }
  | {
      readonly type: 'settle'
      readonly now: number
      readonly batchId: BatchId
      readonly epoch: number
      readonly settlement: Settlement
    }
  | { readonly type: 'retime'; readonly now: number; readonly retime: Retime }
  /** The message at `position` (1-based) was taken out. */
  | { readonly type: 'revoke'; readonly now: number; readonly position: number }
  | { readonly type: 'discard'; readonly now: number }
  | { readonly type: 'retry'; readonly now: number; readonly failed: Turn }

export type CountName = 'accepted' | 'answered' | 'failed' | 'discarded' | 'revoked' | 'open'

export type Effect =
  /** Add `n` messages to a count of P17. */
  | { readonly type: 'count'; readonly name: CountName; readonly n: number }
  /** The first `n` messages of the open batch become the messages of turn `to`. */
  | { readonly type: 'move'; readonly from: BatchId; readonly to: BatchId; readonly n: number }
  /** What is left over is the open batch `to` now. */
  | { readonly type: 'rename'; readonly from: BatchId; readonly to: BatchId }
  /** All messages of the turn go to the head of the open batch `to`. */
  | { readonly type: 'prepend'; readonly from: BatchId; readonly to: BatchId }
  /** The batch is at its end; `turn` is what is kept of it. */
  | {
      readonly type: 'end'
      readonly turn: Turn
      readonly state: 'answered' | 'failed'
      readonly reason: string | null
    }
  /** Forget the batch and its messages' text. */
  | { readonly type: 'erase'; readonly batchId: BatchId }

export type Answer =
  | { readonly outcome: 'appended'; readonly batchId: BatchId | null }
  | { readonly outcome: 'sealed' | 'reclaimed'; readonly turn: Turn }
  | { readonly outcome: 'quiet'; readonly batchId: BatchId; readonly size: number }
  | { readonly outcome: 'none' | 'busy' | 'held' | 'early' | 'ignored' | 'done' }
  | { readonly outcome: 'go' | 'running' | 'stale' | 'gone' | 'poison' }
  | Exclude<BeginResult, { outcome: 'go' }>
  | RecordResult
  | SettleResult
  | RetimeResult

export type Reduced = readonly [ConversationState, readonly Effect[], Answer]

/** When the open batch is due by its own rules: full means at once. */
export function openDueAt(open: OpenBatch): number {
  return open.size >= open.maxSize ? Math.min(open.dueAt, open.lastAt) : open.dueAt
}

/** When a processor should look: Infinity while a turn runs, not before the hold ends while held. */
export function wakeAt(state: ConversationState, now: number): number | null {
  if (!state.open) return null
  if (state.turn) return Number.POSITIVE_INFINITY
  if (state.holdUntil > now) return Math.max(state.holdUntil, openDueAt(state.open))
  return openDueAt(state.open)
}

export function reduce(state: ConversationState, event: Event, limits: ReduceLimits): Reduced {
  switch (event.type) {
    case 'append':
      return append(state, event)
    case 'seal':
      return seal(state, event, limits)
    case 'reclaim':
      return reclaim(state, event, limits)
    case 'queued':
      return queued(state, event, limits)
    case 'begin':
      return begin(state, event, limits)
    case 'record':
      return record(state, event, limits)
    case 'settle':
      return settle(state, event)
    case 'retime':
      return retime(state, event)
    case 'revoke':
      return revoke(state, event)
    case 'discard':
      return discard(state)
    case 'retry':
      return retry(state, event)
  }
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** The deadline after a message; one that has passed stands, so a flush is never cancelled. */
function nextDueAt(dueAt: number, now: number, idleMs: number, capAt: number): number {
  return dueAt <= now ? dueAt : Math.min(now + idleMs, capAt)
}

function append(state: ConversationState, event: Of<'append'>): Reduced {
  const { now, messages, limits } = event
  if (messages.length === 0) {
    return [state, [], { outcome: 'appended', batchId: state.open?.id ?? null }]
  }
  let open = state.open
  for (const message of messages) {
    // A reaction or a sticker waits as long as the batch may be open for words to join it.
    const first = open?.firstAt ?? now
    const idleMs = message.quiet && !open?.lastLoud ? limits.ageMs : message.idleMs
    const dueAt = nextDueAt(
      open?.dueAt ?? Number.POSITIVE_INFINITY,
      now,
      idleMs,
      first + limits.ageMs,
    )
    const size = (open?.size ?? 0) + 1
    open = {
      id: open?.id ?? event.newBatchId,
      firstAt: first,
      lastAt: now,
      dueAt,
      idleMs,
      ageMs: limits.ageMs,
      maxSize: limits.maxSize,
      size,
      lastLoud: message.quiet ? (open?.lastLoud ?? 0) : size,
      overAt: size === limits.maxSize + 1 ? now : (open?.overAt ?? 0),
    }
  }
  const n = messages.length
  return [
    { ...state, open },
    [
      { type: 'count', name: 'accepted', n },
      { type: 'count', name: 'open', n },
    ],
    { outcome: 'appended', batchId: open?.id ?? null },
  ]
}

function causeOf(open: OpenBatch, now: number): SealCause {
  if (open.size >= open.maxSize) return 'full'
  if (open.dueAt > now) return 'clock'
  const byWindow = Math.min(open.lastAt + open.idleMs, open.firstAt + open.ageMs)
  const brought = open.dueAt >= open.lastAt && open.dueAt < byWindow
  if (open.idleMs === 0 || brought) return 'flush'
  return open.dueAt >= open.firstAt + open.ageMs ? 'age' : 'idle'
}

function seal(state: ConversationState, event: Of<'seal'>, limits: ReduceLimits): Reduced {
  const { now } = event
  const open = state.open
  if (!open || open.id !== event.batchId) return [state, [], { outcome: 'none' }]
  if (state.turn) return [state, [], { outcome: 'busy' }]
  if (state.holdUntil > now) return [state, [], { outcome: 'held' }]
  const dueAt = openDueAt(open)
  // Further away than the batch may get old: a clock has jumped, so it is due.
  if (dueAt > now && dueAt <= now + open.ageMs) return [state, [], { outcome: 'early' }]

  const size = Math.min(open.size, open.maxSize)
  const left = open.size - size
  const turn: Turn = {
    id: open.id,
    state: 'sealed',
    size,
    firstAt: open.firstAt,
    lastAt: open.lastAt,
    dueAt,
    sealedAt: now,
    cause: causeOf(open, now),
    ageMs: open.ageMs,
    maxSize: open.maxSize,
    restId: left > 0 ? event.restId : null,
    attempt: 1,
    epoch: 0,
    starts: 0,
    retries: 0,
    wakeAt: now + limits.handoverMs,
    draft: null,
    parts: [],
  }
  const effects: Effect[] = [{ type: 'move', from: open.id, to: open.id, n: size }]
  if (left > 0) effects.push({ type: 'rename', from: open.id, to: event.restId })
  const rest = left > 0 ? restOf(open, event.restId, size, now) : null
  if (open.lastLoud === 0) {
    effects.push(
      { type: 'end', turn, state: 'answered', reason: 'quiet' },
      ...moved('answered', size),
    )
    return [{ ...state, open: rest }, effects, { outcome: 'quiet', batchId: open.id, size }]
  }
  return [{ ...state, open: rest, turn }, effects, { outcome: 'sealed', turn }]
}

/** What a seal leaves over keeps a deadline that has passed; else it waits from its own last message. */
function restOf(open: OpenBatch, id: BatchId, taken: number, now: number): OpenBatch {
  const firstAt = open.overAt || open.firstAt
  const dueAt =
    open.dueAt <= now
      ? open.dueAt
      : Math.min(Math.max(open.dueAt, open.lastAt + open.idleMs), firstAt + open.ageMs)
  return {
    ...open,
    id,
    firstAt,
    dueAt,
    size: open.size - taken,
    lastLoud: Math.max(0, open.lastLoud - taken),
    overAt: open.size - taken > open.maxSize ? firstAt : 0,
  }
}

/** Double entry: what leaves `open` arrives in exactly one other count. */
function moved(to: CountName, n: number): Effect[] {
  return [
    { type: 'count', name: 'open', n: -n },
    { type: 'count', name: to, n },
  ]
}

function isWaiting(turn: Turn, now: number, limits: ReduceLimits): boolean {
  return turn.wakeAt > now && turn.wakeAt <= now + limits.turnHorizonMs
}

function reclaim(state: ConversationState, event: Of<'reclaim'>, limits: ReduceLimits): Reduced {
  const old = state.turn
  if (!old || old.id !== event.batchId) return [state, [], { outcome: 'gone' }]
  if (isWaiting(old, event.now, limits)) return [state, [], { outcome: 'early' }]
  const turn: Turn = {
    ...old,
    state: 'sealed',
    // A handover that was never confirmed is repeated under the same id, so the queue drops a double.
    attempt: old.state === 'sealed' ? old.attempt : old.attempt + 1,
    epoch: old.epoch + 1,
    wakeAt: event.now + limits.handoverMs,
  }
  return [{ ...state, turn }, [], { outcome: 'reclaimed', turn }]
}

function queued(state: ConversationState, event: Of<'queued'>, limits: ReduceLimits): Reduced {
  const turn = state.turn
  if (turn?.id !== event.batchId || turn.state !== 'sealed' || turn.attempt !== event.attempt) {
    return [state, [], { outcome: 'ignored' }]
  }
  const next: Turn = { ...turn, state: 'queued', wakeAt: event.now + limits.queuedMs }
  return [{ ...state, turn: next }, [], { outcome: 'done' }]
}

function begin(state: ConversationState, event: Of<'begin'>, limits: ReduceLimits): Reduced {
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

function record(state: ConversationState, event: Of<'record'>, limits: ReduceLimits): Reduced {
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
function settle(state: ConversationState, event: Of<'settle'>): Reduced {
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
  const open: OpenBatch = {
    id,
    firstAt: turn.firstAt,
    lastAt: before?.lastAt ?? turn.lastAt,
    dueAt: Math.min(before?.dueAt ?? now + settlement.idleMs, capAt),
    idleMs: before?.idleMs ?? settlement.idleMs,
    ageMs: turn.ageMs,
    maxSize: turn.maxSize,
    size,
    lastLoud: before?.lastLoud ? before.lastLoud + turn.size : turn.size,
    overAt: size > turn.maxSize ? (before?.firstAt ?? turn.firstAt) : 0,
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

function retime(state: ConversationState, event: Of<'retime'>): Reduced {
  const { now, retime } = event
  const open = state.open
  const done = (next: ConversationState): Reduced => [
    next,
    [],
    { outcome: 'done', batchId: next.open?.id ?? null, dueAt: next.open && openDueAt(next.open) },
  ]
  switch (retime.kind) {
    case 'hold':
      return done({
        ...state,
        holdUntil: retime.forMs === null ? Number.POSITIVE_INFINITY : now + retime.forMs,
      })
    case 'release':
      if (state.holdUntil <= now) return [{ ...state, holdUntil: 0 }, [], { outcome: 'none' }]
      return done({ ...state, holdUntil: 0 })
    case 'flush':
      if (!open) return [state, [], { outcome: 'none' }]
      return done({ ...state, open: { ...open, dueAt: Math.min(open.dueAt, now) } })
    case 'typing': {
      if (!open) return [state, [], { outcome: 'none' }]
      const later = Math.min(now + retime.idleMs, open.firstAt + open.ageMs)
      const dueAt = open.dueAt <= now ? open.dueAt : Math.max(open.dueAt, later)
      return done({ ...state, open: { ...open, dueAt } })
    }
  }
}

function revoke(state: ConversationState, event: Of<'revoke'>): Reduced {
  const open = state.open
  if (!open) return [state, [], { outcome: 'none' }]
  const size = open.size - 1
  const effects = moved('revoked', 1)
  if (size === 0) {
    return [
      { ...state, open: null },
      [...effects, { type: 'erase', batchId: open.id }],
      { outcome: 'done' },
    ]
  }
  const lastLoud = open.lastLoud >= event.position ? open.lastLoud - 1 : open.lastLoud
  const overAt = size > open.maxSize ? open.overAt : 0
  return [{ ...state, open: { ...open, size, lastLoud, overAt } }, effects, { outcome: 'done' }]
}

function discard(state: ConversationState): Reduced {
  const open = state.open
  if (!open) return [state, [], { outcome: 'none' }]
  return [
    { ...state, open: null },
    [...moved('discarded', open.size), { type: 'erase', batchId: open.id }],
    { outcome: 'done' },
  ]
}

function retry(state: ConversationState, event: Of<'retry'>): Reduced {
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
