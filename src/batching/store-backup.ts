/**
 * The words of a backup: what there is, read in pieces that are each of one moment, and put back
 * piece by piece.
 *
 * A piece is one conversation or one failed batch. Whatever moves inside of a conversation (sealed,
 * settled, reopened) is in its piece once; what moves between pieces is the caller's to watch.
 */
import type { BatchId, ConversationKey } from '../message.ts'
import type { OpenBatch, Turn } from './conversation-state.ts'
import type { HoldReason } from './store-holds.ts'
import type { Ending } from './views.ts'

/** Names of some of what there is, and where to go on; null = that was all. */
export interface NamePage<Name> {
  readonly names: readonly Name[]
  readonly cursor: string | null
}

export interface LinkName {
  readonly from: ConversationKey
  /** Ms since the two were named together last. */
  readonly ageMs: number
}

/** A batch that is in flight or failed. */
export interface BatchName {
  readonly batchId: BatchId
  readonly conversation: ConversationKey
  readonly isFailed: boolean
  /** By the store's clock. */
  readonly sealedAt: number
}

/** What the store cannot know of a message by itself. */
export interface MessageRules {
  /** The id that a message is known by, from its element. */
  idHashOf(conversation: ConversationKey, payload: string): string
  /** How long ids are remembered in a conversation. */
  dedupeMsOf(conversation: ConversationKey): number
}

export interface BackedMessage {
  readonly idHash: string
  readonly payload: string
}

/** A batch that was sealed, whatever became of it. */
export interface BatchRecord {
  readonly conversation: ConversationKey
  readonly turn: Turn
  /** Null while it is in flight. */
  readonly ending: Ending | null
  readonly messages: readonly BackedMessage[]
  /** When it was answered first, where it bounced since. */
  readonly told: number | null
}

export type PastRecord =
  | { readonly kind: 'batch'; readonly at: number; readonly batch: BatchRecord }
  | {
      readonly kind: 'named'
      readonly at: number
      /** A batch of the past that is a piece of its own, as it failed since. */
      readonly batchId: BatchId
    }
  | {
      readonly kind: 'human'
      readonly at: number
      /** Null where the engine has none. */
      readonly entryId: string | null
      readonly payload: string
    }

export interface HoldRecord {
  /** Null = until released. */
  readonly until: number | null
  readonly why: HoldReason
}

export interface ConversationRecord {
  readonly conversation: ConversationKey
  /** The store's time when it was read. */
  readonly at: number
  readonly alias: { readonly to: ConversationKey; readonly until: number } | null
  readonly open: { readonly batch: OpenBatch; readonly messages: readonly BackedMessage[] } | null
  readonly turn: BatchRecord | null
  readonly hold: (HoldRecord & { readonly under: HoldRecord | null }) | null
  /** Ids that are known, and when they were seen. */
  readonly known: readonly (readonly [string, number])[]
  /** Hashes of what we sent, and until when they count. */
  readonly marks: readonly (readonly [string, number])[]
  /** Oldest first. */
  readonly past: readonly PastRecord[]
}

export interface Restore {
  readonly record: ConversationRecord | BatchRecord
  readonly dedupeMs: number
  /** Says what would be done, and writes nothing. */
  readonly dryRun: boolean
}

/** What was done with one piece. */
export interface Restored {
  /** Batches that came back (open, turns, failed ones), and their messages. */
  readonly batches: number
  readonly messages: number
  /** Of these: messages that joined an open batch which was there. */
  readonly joined: number
  /** Of these: turns that are kept as failed, as another turn of the conversation is in flight. */
  readonly failed: number
  /** Batches that the store knows, in whatever state: left alone. */
  readonly there: number
  /** Messages whose ids the store knows without their batch: not doubled. */
  readonly known: number
  readonly holds: number
  readonly aliases: number
}

export const NOTHING_RESTORED: Restored = {
  batches: 0,
  messages: 0,
  joined: 0,
  failed: 0,
  there: 0,
  known: 0,
  holds: 0,
  aliases: 0,
}

export function addRestored(a: Restored, b: Restored): Restored {
  return {
    batches: a.batches + b.batches,
    messages: a.messages + b.messages,
    joined: a.joined + b.joined,
    failed: a.failed + b.failed,
    there: a.there + b.there,
    known: a.known + b.known,
    holds: a.holds + b.holds,
    aliases: a.aliases + b.aliases,
  }
}

/** Why a turn came back as failed: another one of its conversation was in flight. */
export const RESTORED_BESIDE = 'restored'

/** What backups ask of a store, as a port beside that of `store.ts`; an engine has both. */
export interface BackupStore {
  /**
   * Every conversation of which anything is kept, a page at a time; one may be named twice. What is
   * there from the first page to the last is named; what comes or goes meanwhile may be.
   */
  conversations(cursor: string | null): Promise<NamePage<ConversationKey>>
  /** Every alias, as `conversations`. */
  links(cursor: string | null): Promise<NamePage<LinkName>>
  /** Every batch in flight and every failed one, as `conversations`; one that turns from the one into the other too. */
  batches(cursor: string | null): Promise<NamePage<BatchName>>
  /** Each of these as it is at one moment of its own. */
  snapshot(
    conversations: readonly ConversationKey[],
    rules: MessageRules,
  ): Promise<readonly ConversationRecord[]>
  /** Those of these that are settled or in flight, each as it is at one moment of its own. */
  snapshotBatches(
    batchIds: readonly BatchId[],
    rules: MessageRules,
  ): Promise<readonly BatchRecord[]>
  /**
   * Puts a piece back. A batch that the store knows is left alone, a message whose id it knows is not
   * doubled, and a second time nothing is left to do.
   */
  restore(restore: Restore): Promise<Restored>
}

export function isConversationRecord(
  record: ConversationRecord | BatchRecord,
): record is ConversationRecord {
  return 'known' in record
}
