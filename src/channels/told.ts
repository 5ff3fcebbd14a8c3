/**
 * What a provider tells us in one call, in our own words. A parser gives facts and decides nothing:
 * whether a group is answered, whether a status matters, is decided at the way in.
 */
import type { Contact, GeoPoint, Media, MessageType, Referral } from '../message.ts'

/** A file as it came: bytes in the call itself, or where the provider keeps them. */
export interface ToldMedia extends Pick<Media, 'url' | 'mimeType' | 'fileName' | 'mediaId'> {
  /** The file itself, as the provider put it into the call. */
  readonly base64?: string
}

/** Where something was said, and by whom. */
export interface ToldPlace {
  /** The other side of the chat: phone digits, `…@lid`, a BSUID, a chat id; in a group the group's id. */
  readonly peer: string
  /** The same as it came in; answers go there. */
  readonly address: string
  /** Other addresses of the same person that came along, as peers. */
  readonly aliases?: readonly string[]
  /** Which of our accounts heard it, as the provider names it; null when it does not say. */
  readonly account: string | null
  /** In a group: who wrote, as a peer. */
  readonly author?: string
  /** Only in groups: whether we are meant. */
  readonly mentioned?: boolean
}

/** One thing that was said. */
export interface ToldMessage extends ToldPlace {
  /** The provider's id exactly as it came; null when there is none. */
  readonly id: string | null
  readonly type: MessageType
  /** Text or caption, '' when there is none. */
  readonly text: string
  /** As the provider writes it: seconds, ms, digits, a 64-bit integer; null or undefined = none. */
  readonly time: unknown
  readonly name?: string
  readonly media?: ToldMedia
  readonly quoted?: { readonly id?: string; readonly text?: string }
  /** What a button or a list entry stands for. */
  readonly payload?: string
  readonly location?: GeoPoint
  readonly contacts?: readonly Contact[]
  readonly referral?: Referral
  /** Drop-in only: what this provider's call looked like around this message alone. */
  readonly original?: unknown
}

/** Why something is no message; a closed list, since it names what is counted. */
export type IgnoredReason =
  | 'reaction'
  | 'status'
  | 'ack'
  | 'event'
  | 'undecrypted'
  | 'system'
  | 'broadcast'
  | 'unknown'

export type Told =
  | ({ readonly kind: 'message' } & ToldMessage)
  /** `of`: id of the message whose text it replaces, possibly only its last section. */
  | ({ readonly kind: 'edit'; readonly of: string } & ToldMessage)
  | ({
      readonly kind: 'revoke'
      readonly of: string
      readonly id: string | null
      readonly time: unknown
    } & ToldPlace)
  | ({ readonly kind: 'typing'; readonly state: 'composing' | 'recording' | 'paused' } & ToldPlace)
  /** Written from our side: by the bot, the owner's phone, an inbox. The peer is whom it was written to. */
  | ({ readonly kind: 'own'; readonly isReaction: boolean } & ToldMessage)
  /** What became of a message of ours. */
  | ({
      readonly kind: 'status'
      /** Of our message, as the provider names it. */
      readonly id: string
      readonly status: 'sent' | 'delivered' | 'read' | 'failed'
      /** The provider's error code. */
      readonly errorCode?: number
      /** Our own id of the part, where the provider carries it along. */
      readonly partId?: string
      /** As of a message. */
      readonly time?: unknown
    } & ToldPlace)
  | ({ readonly kind: 'ignored'; readonly reason: IgnoredReason } & Partial<ToldMessage>)
  /** One element of several that cannot be read; its neighbours are kept. */
  | { readonly kind: 'malformed'; readonly field: string; readonly allowed: string }
