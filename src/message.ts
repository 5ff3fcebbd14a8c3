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
  'order',
  'unsupported',
  // What became of an earlier message once it was no longer in the open batch.
  'edit',
  'revoke',
] as const
export type MessageType = (typeof MESSAGE_TYPES)[number]

export interface Media {
  url?: string
  mimeType?: string
  fileName?: string
  /** The provider's id, where the file is fetched by that. */
  mediaId?: string
  /** Name of the file in the folder of media, where the bytes came with the call. */
  file?: string
}

export interface GeoPoint {
  /** Degrees. */
  readonly latitude: number
  readonly longitude: number
  readonly name?: string
  readonly address?: string
}

export interface Contact {
  readonly name: string
  /** Digits where the card has them. */
  readonly phone?: string
}

/** The advertisement that a person came by. */
export interface Referral {
  readonly sourceId?: string
  readonly sourceUrl?: string
  readonly headline?: string
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
  /** Id of the message that it quotes, as the provider names it. */
  readonly quotedId?: string
  /** What a button or a list entry stands for. */
  readonly payload?: string
  readonly location?: GeoPoint
  readonly contacts?: readonly Contact[]
  readonly referral?: Referral
  /** Of types edit and revoke: the message that it changes. */
  readonly changes?: string
  /** When its wording was last changed, ms. */
  readonly editedAt?: number
  /** Other peers of the same person; they lead to this conversation from now on. Not kept with it. */
  readonly aliases?: readonly string[]
  /** Drop-in: the provider's call around this message, or the file that has it. */
  readonly original?: unknown
  /** Provider's time in ms, when it gave a plausible one. */
  readonly sentAt: number | null
  /** Whether `sentAt` is exact to the millisecond or only to the second. */
  readonly sentAtExact: boolean
  /** When we took it, ms, by the API's clock; order and deadlines never depend on it. */
  readonly receivedAt: number
  /** Where traces are on: the place of the call that brought it, as in `traceparent`. */
  readonly trace?: string
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
