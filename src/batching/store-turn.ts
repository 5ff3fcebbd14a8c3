/** The words of a turn between store and worker: how it is sealed, begun, recorded and settled. */
import type { BatchId, ConversationKey, Part, SealCause } from '../message.ts'

/** A turn as it goes on the queue. */
export interface SealedTurn {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  /** 1 for the first handover, n for the n-th; the job id is made of both. */
  readonly attempt: number
  readonly payloads: readonly string[]
  readonly cause: SealCause
  readonly firstAt: number
  readonly lastAt: number
  /** When the batch was due; `sealedAt - dueAt` is how late the seal came. */
  readonly dueAt: number
  readonly sealedAt: number
  /** Other turns of the same tenant in flight, for the queue's priority. */
  readonly inFlight: number
}

export type SealResult =
  | { readonly outcome: 'sealed'; readonly turn: SealedTurn }
  /** Only reactions and stickers: settled as answered, nobody is asked. */
  | { readonly outcome: 'quiet'; readonly batchId: BatchId; readonly size: number }
  /** Another processor was faster, or the conversation is busy, held, or not due. */
  | { readonly outcome: 'none' | 'busy' | 'held' | 'early' }
  /** Messages wait, and what is kept of their batch is gone: see `repair`. */
  | { readonly outcome: 'lost' }

export type ReclaimResult =
  | { readonly outcome: 'reclaimed'; readonly turn: SealedTurn }
  | { readonly outcome: 'early' | 'gone' }
  /** It was to be looked at, and what is kept of it is gone: see `repair`. */
  | { readonly outcome: 'lost' }

export type PartState =
  | { readonly state: 'waiting' }
  /** Was being sent when its worker died: it may or may not have reached the person. */
  | {
      readonly state: 'sending'
      /** Of the first try that may have reached the person; absent where nobody wrote it down. */
      readonly startedAt?: number
    }
  | { readonly state: 'sent'; readonly providerId: string }
  /** Was in the air when its worker died, and is not sent again. */
  | { readonly state: 'skipped' }

export type BeginResult =
  | {
      readonly outcome: 'go'
      /** Raised by each start; all later calls carry it. */
      readonly epoch: number
      readonly payloads: readonly string[]
      /** The answer as an earlier start fixed it, else null. */
      readonly draft: readonly Part[] | null
      /** State of each part of the draft. */
      readonly parts: readonly PartState[]
      /** How often its messages were taken back because another one came. */
      readonly interrupts: number
      /** Retries so far; decides the next backoff. */
      readonly retries: number
      /** Starts without a settle, this one included: several mean that it may kill its worker. */
      readonly starts: number
      readonly firstAt: number
      readonly lastAt: number
    }
  /** running: a start is alive. stale: a newer attempt exists. gone: settled. poison: now failed. */
  | { readonly outcome: 'running' | 'stale' | 'gone' | 'poison' }

/**
 * What a message of ours is known by when the provider tells us of it: a hash of its text or of the
 * provider's id, remembered for `forMs`.
 */
export interface Mark {
  readonly hash: string
  readonly forMs: number
}

/** With `unlessNewer` a message that waits interrupts the first part. */
export interface PartStart {
  readonly unlessNewer: boolean
  readonly mark: Mark | null
}

export interface PartSent {
  readonly index: number
  readonly providerId: string
  readonly mark: Mark | null
}

export type Step =
  /** Fix the answer; the first draft stands, whoever wrote it. */
  | {
      readonly kind: 'draft'
      readonly parts: readonly Part[]
      /** The person's words where the messages do not have them, as of a voice message; for the history. */
      readonly heard: string | null
      /** Ask to send the first part in the same call; not asked where an earlier draft stands. */
      readonly first?: PartStart
    }
  /** Ask to send part `index`. */
  | ({ readonly kind: 'start'; readonly index: number } & PartStart)
  | ({ readonly kind: 'sent' } & PartSent)
  /** Part `index` may have reached the person, and is not tried again. */
  | { readonly kind: 'skip'; readonly index: number }
  /** Part `index` surely was not taken: nobody was there to take it. */
  | { readonly kind: 'unsent'; readonly index: number }
  /**
   * Ask to say sorry; once a batch, so a second one is answered `sent`, as it is where an answer came
   * from elsewhere meanwhile and `answerless` says that this start has none.
   */
  | { readonly kind: 'apologise'; readonly mark: Mark | null; readonly answerless: boolean }
  /** Still alive: renews the lease. */
  | { readonly kind: 'alive'; readonly unlessNewer: boolean }

export type RecordResult =
  | {
      readonly outcome: 'drafted'
      readonly parts: readonly Part[]
      /** What the asking for the first part came to; absent where it was not asked. */
      readonly first?: 'go' | 'interrupted'
    }
  /** Send it. `uncertain`: an earlier start died while sending it, since `startedAt` if that is known. */
  | { readonly outcome: 'go'; readonly uncertain: boolean; readonly startedAt?: number }
  | { readonly outcome: 'sent' | 'ok' | 'interrupted' }
  /** Another start has the turn, or it is settled: stop, send nothing. */
  | { readonly outcome: 'fenced' }

/** A provider says that it has a part which was on the wire. */
export interface Arrival {
  /** In which it was sealed. */
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  readonly index: number
  /** As it was read: what was started since is another try. */
  readonly startedAt: number | undefined
  readonly providerId: string
  readonly mark: Mark | null
}

export type Settlement =
  /** `last`: the part that was sent last, where that is not recorded yet. */
  | { readonly kind: 'answered'; readonly last?: PartSent }
  /**
   * With `answerless` this start got no answer: where one came from elsewhere meanwhile, the turn
   * goes on with that at once, whatever was asked.
   */
  | { readonly kind: 'failed'; readonly reason: string; readonly answerless: boolean }
  /** Again after `afterMs`, but failed for good with `reason` when `maxRetries` are spent. */
  | {
      readonly kind: 'retry'
      readonly afterMs: number
      readonly maxRetries: number
      readonly reason: string
      readonly answerless: boolean
    }
  /** As it is to the next worker after `afterMs`; costs no try, and this start never was. */
  | { readonly kind: 'giveBack'; readonly afterMs: number }
  /** The answer comes from elsewhere (see `answer`), or after `forMs` it is tried again. */
  | {
      readonly kind: 'park'
      readonly forMs: number
      /** As in a draft. */
      readonly heard: string | null
    }
  /** Back to the head of the open batch; nothing of it may have been sent. */
  | { readonly kind: 'reopen'; readonly newBatchId: BatchId; readonly idleMs: number }

export type SettleResult =
  | { readonly outcome: 'answered' | 'failed' | 'waiting' | 'reopened' }
  /** The same settlement came before (its answer was lost on the way). */
  | { readonly outcome: 'already' }
  /** Another start has the turn. */
  | { readonly outcome: 'fenced' }
  /** No longer known. */
  | { readonly outcome: 'gone' }
