/**
 * The words of examining and repairing a store: what is wrong that no event would find, and whom it
 * concerns. What people read about each is in `src/operations/doctor.ts`.
 */
import type { BatchId, ConversationKey } from '../message.ts'

/** What is wrong, in words that go before a figure or a name. */
export const DAMAGES = {
  foreign_type: 'a key of ours holds something of another type',
  list_without_deadline: 'messages wait, and nobody knows how long',
  batch_without_list: 'an open batch whose messages are gone',
  deadline_lost: 'an open batch that nobody would look at',
  window_damaged: 'what is kept of a conversation cannot be read',
  entry_stale: 'a list of what to look at names what is not there',
  expires: 'unanswered messages that would expire',
  hold_untracked: 'a hold that the list of holds does not show',
  hold_stale: 'the list of holds shows one that is none',
  alias_nowhere: 'an alias that leads in a circle',
  turn_forgotten: 'a turn that nobody would look at again',
  turn_unpointed: 'a turn in flight that its conversation does not know of',
  pointer_dangling: 'a conversation that waits for a turn that is none',
  record_lost: 'messages of a turn of which nothing else is known',
  record_damaged: 'a turn of which something cannot be read',
  turn_empty: 'a sealed batch whose messages are gone',
  failed_untracked: 'a failed batch that no list shows',
  never_expires: 'an answered batch that would be kept for ever',
  size_wrong: 'a batch that counts other messages than it has',
  counts_wrong: 'the counts are not those of what is there',
  not_counted: 'too much is open and failed to be counted in one go',
  file_damaged: 'the file says of itself that it is broken',
} as const
export type DamageCode = keyof typeof DAMAGES

/** What is repaired in one go. */
export type Subject =
  | {
      readonly kind: 'conversation'
      readonly conversation: ConversationKey
      /** The batch that the list of open ones names for it; null where that is not known. */
      readonly entry: BatchId | null
    }
  | {
      readonly kind: 'batch'
      readonly batchId: BatchId
      /** Null where no record says it. */
      readonly conversation: ConversationKey | null
    }
  | { readonly kind: 'alias'; readonly conversation: ConversationKey }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'counts' }
  | { readonly kind: 'file' }

export interface Damage {
  readonly code: DamageCode
  readonly subject: Subject
  /** Figures for people, such as how many messages; never what they say. */
  readonly detail: string
}

export interface Examination {
  readonly damages: readonly Damage[]
  /** Keys or rows that were looked at. */
  readonly examined: number
  /** Where to go on; null when all was looked at. */
  readonly next: string | null
}

/** How long what has no deadline waits, once that is noticed. */
export interface Adoption {
  readonly idleMs: number
  readonly ageMs: number
  readonly maxSize: number
}

/** A conversation that nobody knows any more: its messages are kept, and answered to their address. */
export const LOST = 'lost' as ConversationKey

/** What is told of a damage that was mended. */
export interface Repair {
  readonly what: DamageCode
  readonly conversation: ConversationKey | null
  readonly batchId: BatchId | null
  readonly detail: string
}

export function repairOf({ code: what, subject, detail }: Damage): Repair {
  const conversation = 'conversation' in subject ? subject.conversation : null
  const batchId = subject.kind === 'batch' ? subject.batchId : null
  return { what, conversation, batchId, detail }
}
