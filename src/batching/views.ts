/** How the state of a conversation is shown: what the stores that run `reduce` answer to readers. */
import type { ConversationKey, Part } from '../message.ts'
import type { ConversationState, Turn } from './conversation-state.ts'
import { wakeAt } from './conversation-state.ts'
import type { BatchView, OpenBatchView } from './store.ts'
import type { HoldView } from './store-holds.ts'
import type { SealedTurn } from './store-turn.ts'

/** What is kept of a batch that was settled. */
export interface Ending {
  readonly state: 'answered' | 'failed'
  readonly reason: string | null
  readonly settledAt: number
}

/** Whether the retention of a settled batch is over; failed ones are kept until someone decides. */
export function isForgotten(
  { state, settledAt }: Ending,
  retentionMs: number,
  now: number,
): boolean {
  return state === 'answered' && settledAt + retentionMs <= now
}

export function sealedTurn(
  conversation: ConversationKey,
  turn: Turn,
  payloads: readonly string[],
  inFlight: number,
): SealedTurn {
  const { id: batchId, attempt, cause, firstAt, lastAt, dueAt, sealedAt } = turn
  return {
    conversation,
    batchId,
    attempt,
    payloads,
    cause,
    firstAt,
    lastAt,
    dueAt,
    sealedAt,
    inFlight,
  }
}

export function batchView(
  conversation: ConversationKey,
  turn: Turn,
  ending: Ending | null,
): BatchView {
  return {
    batchId: turn.id,
    conversation,
    state: ending?.state ?? turn.state,
    size: turn.size,
    firstAt: turn.firstAt,
    lastAt: turn.lastAt,
    sealedAt: turn.sealedAt,
    settledAt: ending?.settledAt ?? null,
    attempt: turn.attempt,
    retries: turn.retries,
    reason: ending?.reason ?? null,
    draft: turn.draft,
    parts: turn.parts,
    restId: turn.restId,
  }
}

/** The open batch; null when there is none. `now` is the store's, ms. */
export function openView(
  conversation: ConversationKey,
  state: ConversationState,
  now: number,
): OpenBatchView | null {
  const { open } = state
  if (!open) return null
  const due = wakeAt(state, now)
  return {
    conversation,
    batchId: open.id,
    size: open.size,
    firstAt: open.firstAt,
    lastAt: open.lastAt,
    dueAt: due === null || due === Number.POSITIVE_INFINITY ? null : due,
    sealed: false,
  }
}

/** A turn that no queue has taken yet, as `pending` lists it. */
export function untakenView(conversation: ConversationKey, turn: Turn): OpenBatchView {
  const { id: batchId, size, firstAt, lastAt } = turn
  return { conversation, batchId, size, firstAt, lastAt, dueAt: null, sealed: true }
}

/**
 * Whether a change left a deadline that a sleeping processor would miss: one nearer than `wakeMs`
 * that was not there before.
 */
export function leavesNearDeadline(
  before: ConversationState,
  after: ConversationState,
  now: number,
  wakeMs: number,
): boolean {
  const isNear = (at: number | null) => at !== null && at - now < wakeMs
  const open = wakeAt(after, now)
  if (isNear(open) && open !== wakeAt(before, now)) return true
  const { turn } = after
  if (turn?.state !== 'waiting' || !isNear(turn.wakeAt)) return false
  return before.turn?.state !== 'waiting' || before.turn.wakeAt !== turn.wakeAt
}

/** What holds the conversation; null when nothing does. `now` is the store's, ms. */
export function holdView(
  conversation: ConversationKey,
  { holdUntil, holdWhy }: ConversationState,
  now: number,
): HoldView | null {
  if (holdUntil <= now) return null
  return {
    conversation,
    why: holdWhy,
    until: holdUntil === Number.POSITIVE_INFINITY ? null : holdUntil,
  }
}

/** The parts that reached the person, or may have. */
export function sentParts({ draft, parts }: Pick<Turn, 'draft' | 'parts'>): readonly Part[] {
  return (draft ?? []).filter((_, i) => parts[i] && parts[i].state !== 'waiting')
}
