/**
 * A conversation as the transitions see it: the open batch, the turn, the hold; the events that
 * change it and what they leave to do. `reduce.ts` has the rules.
 */
import type { BatchId, Part, SealCause } from '../message.ts'
import type { Limits, StoreTimes } from './store.ts'
import type { HoldReason, Retime, RetimeResult } from './store-holds.ts'
import type {
  Arrival,
  BeginResult,
  PartState,
  RecordResult,
  Settlement,
  SettleResult,
  Step,
} from './store-turn.ts'

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
  /** How often its first messages were a turn that another message took back. */
  readonly interrupts: number
  /** How many of its messages do not count, as photos behind photos; `maxSize` has them in it. */
  readonly extra: number
  /** Whether its last message is a photo or a video. */
  readonly album: boolean
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
  /** As of the open batch that it was. */
  readonly extra: number
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
  readonly draft: readonly Part[] | null
  readonly parts: readonly PartState[]
  readonly heard: string | null
  readonly interrupts: number
  readonly apologised: boolean
}

/** What a turn has of its own before anybody has begun it. */
export const FRESH = {
  attempt: 1,
  epoch: 0,
  starts: 0,
  retries: 0,
  draft: null,
  parts: [],
  heard: null,
  apologised: false,
} as const

export interface ConversationState {
  readonly open: OpenBatch | null
  readonly turn: Turn | null
  /** 0 = not held, Infinity = until released. */
  readonly holdUntil: number
  readonly holdWhy: HoldReason
  /** What holds on when a stop is released; null = nothing. */
  readonly under: { readonly until: number; readonly why: HoldReason } | null
}

export const NOTHING: ConversationState = {
  open: null,
  turn: null,
  holdUntil: 0,
  holdWhy: 'paused',
  under: null,
}

/** What gathers during a hold is one turn at its end, as far as a turn may be long. */
export const HELD_MAX = 500

export type ReduceLimits = Pick<
  StoreTimes,
  'handoverMs' | 'queuedMs' | 'leaseMs' | 'maxStarts' | 'turnHorizonMs'
>

export type Event =
  /** `messages` are those not seen before, in order. */
  | {
      readonly type: 'append'
      readonly now: number
      readonly messages: readonly { idleMs: number; quiet: boolean; album?: boolean }[]
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
  /** The answer came from elsewhere. */
  | {
      readonly type: 'answer'
      readonly now: number
      readonly batchId: BatchId
      readonly parts: readonly Part[]
    }
  /** Its provider has a part of the turn. */
  | ({ readonly type: 'arrive'; readonly now: number } & Arrival)
  /** A human stepped in: the turn in flight ends as answered or goes back to the open batch. */
  | {
      readonly type: 'yield'
      readonly now: number
      readonly end: 'answered' | 'reopened'
      readonly newBatchId: BatchId
    }
  /** A human answered the first `n` messages of the open batch. */
  | {
      readonly type: 'answered'
      readonly now: number
      readonly n: number
      readonly restId: BatchId
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
  | { readonly outcome: 'none' | 'busy' | 'held' | 'early' | 'ignored' | 'done' | 'already' }
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

export type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

/** Double entry: what leaves `open` arrives in exactly one other count. */
export function moved(to: CountName, n: number): Effect[] {
  return [
    { type: 'count', name: 'open', n: -n },
    { type: 'count', name: to, n },
  ]
}
