/** Transitions of the open batch: append, seal, retime, revoke, discard. */
import type { BatchId, SealCause } from '../message.ts'
import {
  type ConversationState,
  type Effect,
  type EventOf,
  FRESH,
  HELD_MAX,
  moved,
  type OpenBatch,
  openDueAt,
  type Reduced,
  type ReduceLimits,
  type Turn,
} from './conversation-state.ts'
import type { Retime } from './store-holds.ts'

export function append(state: ConversationState, event: EventOf<'append'>): Reduced {
  const { now, messages, limits } = event
  if (messages.length === 0) {
    return [state, [], { outcome: 'appended', batchId: state.open?.id ?? null }]
  }
  let open = state.open
  const wasHeld = state.holdUntil > now || open?.maxSize === HELD_MAX
  let maxSize = wasHeld ? HELD_MAX : Math.min(HELD_MAX, limits.maxSize + (open?.extra ?? 0))
  // Further away than can be: it is due, and no message may put it off.
  const jumped = open !== null && open.dueAt > now + open.ageMs
  for (const message of messages) {
    const before = open?.size ?? 0
    const album = message.album === true
    // Behind a full batch photos are the next one's, and counted there.
    const isMore = album && open?.album === true && before <= maxSize
    if (isMore) maxSize = Math.min(HELD_MAX, maxSize + 1)
    // A reaction or a sticker waits as long as the batch may be open for words to join it.
    const first = open?.firstAt ?? now
    const idleMs = message.quiet && !open?.lastLoud ? limits.ageMs : message.idleMs
    // One that has passed stands, so a flush is never cancelled.
    const dueAt: number =
      open && (jumped || open.dueAt <= now)
        ? open.dueAt
        : Math.min(now + idleMs, first + limits.ageMs)
    const size = before + 1
    open = {
      id: open?.id ?? event.newBatchId,
      firstAt: first,
      lastAt: now,
      dueAt,
      idleMs,
      ageMs: limits.ageMs,
      maxSize,
      size,
      lastLoud: message.quiet ? (open?.lastLoud ?? 0) : size,
      overAt: size === maxSize + 1 ? now : (open?.overAt ?? 0),
      interrupts: open?.interrupts ?? 0,
      extra: (open?.extra ?? 0) + (isMore ? 1 : 0),
      album,
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

export function seal(
  state: ConversationState,
  event: EventOf<'seal'>,
  limits: ReduceLimits,
): Reduced {
  const { now } = event
  const open = state.open
  if (!open || open.id !== event.batchId) return [state, [], { outcome: 'none' }]
  if (state.turn) return [state, [], { outcome: 'busy' }]
  if (state.holdUntil > now) return [state, [], { outcome: 'held' }]
  const dueAt = openDueAt(open)
  // Further away than the batch may get old: a clock has jumped, so it is due.
  if (dueAt > now && dueAt <= now + open.ageMs) return [state, [], { outcome: 'early' }]

  const { turn, rest, effects } = take(open, Math.min(open.size, open.maxSize), event, {
    dueAt,
    cause: causeOf(open, now),
    wakeAt: now + limits.handoverMs,
  })
  if (open.lastLoud === 0) {
    const { size } = turn
    effects.push(
      { type: 'end', turn, state: 'answered', reason: 'quiet' },
      ...moved('answered', size),
    )
    return [{ ...state, open: rest }, effects, { outcome: 'quiet', batchId: open.id, size }]
  }
  return [{ ...state, open: rest, turn }, effects, { outcome: 'sealed', turn }]
}

/** The first `size` messages leave the open batch under its id; the rest goes on as `restId`. */
function take(
  open: OpenBatch,
  size: number,
  { now, restId }: { now: number; restId: BatchId },
  sealing: Pick<Turn, 'dueAt' | 'cause' | 'wakeAt'>,
): { turn: Turn; rest: OpenBatch | null; effects: Effect[] } {
  const left = open.size - size
  const turn: Turn = {
    ...sealing,
    id: open.id,
    state: 'sealed',
    size,
    firstAt: open.firstAt,
    lastAt: open.lastAt,
    sealedAt: now,
    ageMs: open.ageMs,
    maxSize: open.maxSize,
    extra: open.extra,
    restId: left > 0 ? restId : null,
    interrupts: open.interrupts,
    ...FRESH,
  }
  const effects: Effect[] = [{ type: 'move', from: open.id, to: open.id, n: size }]
  if (left === 0) return { turn, rest: null, effects }
  effects.push({ type: 'rename', from: open.id, to: restId })
  return { turn, rest: restOf(open, restId, size, now), effects }
}

/** A human answered the first messages: they end here, and were nobody's turn. */
export function answered(state: ConversationState, event: EventOf<'answered'>): Reduced {
  const { open } = state
  const n = Math.min(event.n, open?.size ?? 0)
  if (!open || n <= 0) return [state, [], { outcome: 'none' }]
  const { turn, rest, effects } = take(open, n, event, {
    dueAt: openDueAt(open),
    cause: 'flush',
    wakeAt: event.now,
  })
  effects.push({ type: 'end', turn, state: 'answered', reason: 'human' }, ...moved('answered', n))
  return [{ ...state, open: rest }, effects, { outcome: 'done' }]
}

/** What a seal leaves over keeps a deadline that has passed; else it waits from its own last message. */
function restOf(open: OpenBatch, id: BatchId, taken: number, now: number): OpenBatch {
  const firstAt = open.overAt || open.firstAt
  const maxSize = open.maxSize === HELD_MAX ? HELD_MAX : open.maxSize - open.extra
  const dueAt =
    open.dueAt <= now
      ? open.dueAt
      : Math.min(Math.max(open.dueAt, open.lastAt + open.idleMs), firstAt + open.ageMs)
  return {
    ...open,
    id,
    firstAt,
    dueAt,
    maxSize,
    size: open.size - taken,
    lastLoud: Math.max(0, open.lastLoud - taken),
    overAt: open.size - taken > maxSize ? firstAt : 0,
    interrupts: 0,
    extra: 0,
    album: false,
  }
}

export function retime(state: ConversationState, event: EventOf<'retime'>): Reduced {
  const { now, retime } = event
  const open = state.open
  const done = (next: ConversationState): Reduced => [
    next,
    [],
    { outcome: 'done', batchId: next.open?.id ?? null, dueAt: next.open && openDueAt(next.open) },
  ]
  switch (retime.kind) {
    case 'hold':
      return done(hold(state, retime, now))
    case 'release': {
      const isHeld = state.holdUntil > now
      if (isHeld && retime.only !== null && retime.only !== state.holdWhy) {
        return [state, [], { outcome: 'none' }]
      }
      const { under } = state
      const below = retime.only === 'stopped' && under && under.until > now ? under : null
      const { idleMs = Number.NEGATIVE_INFINITY } = retime
      const released = {
        ...state,
        open: open && isHeld ? { ...open, dueAt: Math.max(open.dueAt, now + idleMs) } : open,
        holdUntil: below?.until ?? 0,
        holdWhy: below?.why ?? state.holdWhy,
        under: null,
      }
      return isHeld ? done(released) : [released, [], { outcome: 'none' }]
    }
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

/** The longer of two holds stands where it is asked for; a stop lies above all others. */
export function hold(
  state: ConversationState,
  { forMs, why, atLeast }: Extract<Retime, { kind: 'hold' }>,
  now: number,
): ConversationState {
  const until = forMs === null ? Number.POSITIVE_INFINITY : now + forMs
  const isStopped = state.holdUntil > now && state.holdWhy === 'stopped'
  if (isStopped) {
    const stands = atLeast && (state.under?.until ?? 0) >= until
    return why === 'stopped' || stands ? state : { ...state, under: { until, why } }
  }
  if (why === 'stopped') {
    const under = state.holdUntil > now ? { until: state.holdUntil, why: state.holdWhy } : null
    return { ...whole(state), holdUntil: Number.POSITIVE_INFINITY, holdWhy: why, under }
  }
  if (atLeast && state.holdUntil >= until) return state
  const next = until > now ? whole(state) : state
  return { ...next, holdUntil: until, holdWhy: why, under: null }
}

/** What is open is not sealed in pieces at the end of the hold. */
function whole(state: ConversationState): ConversationState {
  return state.open ? { ...state, open: { ...state.open, maxSize: HELD_MAX } } : state
}

export function revoke(state: ConversationState, event: EventOf<'revoke'>): Reduced {
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

export function discard(state: ConversationState): Reduced {
  const open = state.open
  if (!open) return [state, [], { outcome: 'none' }]
  return [
    { ...state, open: null },
    [...moved('discarded', open.size), { type: 'erase', batchId: open.id }],
    { outcome: 'done' },
  ]
}
