/**
 * Two conversations of one person become one: what is open and what holds. Pure; the Lua script
 * `link` says the same.
 */
import { type ConversationState, HELD_MAX, type OpenBatch } from './conversation-state.ts'
import { hold } from './reduce-open.ts'
import type { Link } from './store-alias.ts'

type Order = Link['order']

/** Whether both conversations still are as the caller read them, and the order is one of them. */
export function isLinkAsRead(
  { read, order }: Link,
  from: ConversationState,
  to: ConversationState,
): boolean {
  return (
    (from.turn?.id ?? null) === read.fromTurn &&
    (from.open?.id ?? null) === read.fromOpen &&
    (from.turn?.size ?? 0) + (from.open?.size ?? 0) === read.fromSize &&
    (to.open?.id ?? null) === read.toOpen &&
    (to.open?.size ?? 0) === read.toSize &&
    order.length === read.fromSize + read.toSize &&
    order.filter((side) => side === 'from').length === read.fromSize
  )
}

/** The conversation `to` with what is open in `from` and what holds there. */
export function joined(
  to: ConversationState,
  from: ConversationState,
  order: Order,
  now: number,
): ConversationState {
  const held = joinHolds(to, from, now)
  const open = joinOpen(held.open, from.open, order, held.holdUntil > now, now)
  return open === held.open ? held : { ...held, open }
}

/** Of a stop what lies below it comes first: the stop itself lies above all others. */
export function joinHolds(
  to: ConversationState,
  from: ConversationState,
  now: number,
): ConversationState {
  if (from.holdUntil <= now) return to
  const { holdUntil: until, holdWhy: why, under } = from
  const holds = under && under.until > now ? [under, { until, why }] : [{ until, why }]
  return holds.reduce(
    (state, { until, why }) =>
      hold(
        state,
        {
          kind: 'hold',
          forMs: until === Number.POSITIVE_INFINITY ? null : until - now,
          why,
          atLeast: true,
        },
        now,
      ),
    to,
  )
}

function joinOpen(
  to: OpenBatch | null,
  from: OpenBatch | null,
  order: Order,
  isHeld: boolean,
  now: number,
): OpenBatch | null {
  if (!from) return to
  if (!to) return isHeld ? { ...from, maxSize: HELD_MAX } : from
  const later = from.lastAt > to.lastAt ? from : to
  const size = order.length
  const firstAt = Math.min(from.firstAt, to.firstAt)
  // One that gathered during a hold stays one turn.
  const isWhole = isHeld || from.maxSize === HELD_MAX || to.maxSize === HELD_MAX
  const other = later === from ? to : from
  const maxSize = isWhole ? HELD_MAX : Math.min(HELD_MAX, later.maxSize + other.extra)
  const overs = [from.overAt, to.overAt].filter((at) => at > 0)
  return {
    id: to.id,
    firstAt,
    lastAt: later.lastAt,
    dueAt: joinDueAt(from.dueAt, to.dueAt, now, firstAt + later.ageMs),
    idleMs: later.idleMs,
    ageMs: later.ageMs,
    maxSize,
    size,
    lastLoud: Math.max(placeOf(order, 'from', from.lastLoud), placeOf(order, 'to', to.lastLoud)),
    overAt: size <= maxSize ? 0 : overs.length > 0 ? Math.min(...overs) : now,
    interrupts: Math.max(from.interrupts, to.interrupts),
    extra: from.extra + to.extra,
    album: (order.at(-1) === 'from' ? from : to).album,
  }
}

/** What is due stays due; else the longer wait, as when the later message came to the other one. */
function joinDueAt(a: number, b: number, now: number, capAt: number): number {
  return Math.min(a, b) <= now ? Math.min(a, b) : Math.min(Math.max(a, b), capAt)
}

/** Where the `n`-th message of one side stands among all, from 1; 0 stays 0. */
function placeOf(order: Order, side: Order[number], n: number): number {
  let seen = 0
  return n === 0 ? 0 : 1 + order.findIndex((of) => of === side && ++seen === n)
}

/** Something that was said, with its time. */
interface Told {
  readonly at: number
}

/** The newest `turns` of what is told of both, oldest first; of one moment those of `from` first. */
export function joinPast<Entry extends Told>(
  from: readonly Entry[],
  to: readonly Entry[],
  turns: number,
): readonly Entry[] {
  return [...from, ...to].toSorted((a, b) => a.at - b.at).slice(-turns)
}
