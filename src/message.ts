/**
 * The words of the project, as types. This file imports nothing.
 *
 * message       one inbound message of a person, in our own form whatever the provider
 * conversation  tenant + channel + peer; for WhatsApp the peer is the phone, digits only
 * batch         the messages of one conversation that are answered as one turn
 * window        the rule that says when an open batch is due
 * seal          close a batch: later messages belong to the next one
 * turn          a sealed batch until it is settled
 * handover      put a turn on the message queue
 * settle        end a turn: answered, failed, retry later, or reopened
 * channel       a provider integration (not WhatsApp's broadcast channels)
 * processor     the batch processor; BullMQ's "processor" is a job handler here
 */

/** Who writes to whom: one person on one channel of one tenant. */
export interface Conversation {
  /** Letters, digits, `_`, `-`; 1 to 64. */
  readonly tenant: string
  /** Channel id, for example `whatsapp`. */
  readonly channel: string
  /** For a phone: 7 to 15 digits, E.164 without `+`. Else the provider's address, such as `…@lid`. */
  readonly peer: string
}

/**
 * The conversation as one string; stores and keys use only this.
 * `<peer>` on the default tenant's default channel, else `<tenant>:<peer>` on its default
 * channel, else `<tenant>:<channel>:<peer>`.
 */
export type ConversationKey = string & { readonly __brand: 'ConversationKey' }

/** `b_` + monotonic ULID. BullMQ refuses ids with `:` and ids of digits only. */
export type BatchId = string & { readonly __brand: 'BatchId' }

export const MESSAGE_TYPES = [
  'chat',
  'image',
  'video',
  'voice',
  'audio',
  'document',
  'sticker',
  'reaction',
  'location',
  'contact',
  'button',
  'list',
  'unsupported',
] as const
export type MessageType = (typeof MESSAGE_TYPES)[number]

export interface Media {
  url?: string
  mimeType?: string
  fileName?: string
}

export interface Message {
  readonly conversation: Conversation
  /** The provider's id, or one made from the signed bytes; unique in a conversation. */
  readonly id: string
  /** In a group: who wrote it. Part of the identity, since ids repeat between members. */
  readonly sender?: string
  /** `from` as it came in; answers go to it. */
  readonly address: string
  readonly name?: string
  readonly type: MessageType
  /** Text or caption; empty for a medium without one. */
  readonly text: string
  readonly media?: Media
  /** The text that this message quotes. */
  readonly quoted?: string
  /** Provider's time in ms, when it gave a plausible one. */
  readonly sentAt: number | null
  /** Whether `sentAt` is exact to the millisecond or only to the second. */
  readonly sentAtExact: boolean
  /** When we took it, ms, by the API's clock; order and deadlines never depend on it. */
  readonly receivedAt: number
  /** The time as the provider wrote it, kept for those who read the element. */
  readonly originalTimestamp?: number | string
}

/** Why a batch was sealed. */
export type SealCause = 'idle' | 'full' | 'age' | 'flush' | 'clock'

/** One bubble of an answer, or a reaction to one of the person's messages. */
export type Part = TextPart | ReactionPart

export interface TextPart {
  readonly text: string
}

export interface ReactionPart {
  /** An emoji. */
  readonly reaction: string
  /** Id of the message that it is put on. */
  readonly messageId: string
}
