/** A message that was written to a person from our side: by the owner's phone, an inbox, or the bot. */
import type { Conversation } from '../message.ts'

export interface OwnMessage {
  readonly conversation: Conversation
  /** The provider's id, or one made from the signed bytes. */
  readonly id: string
  readonly text: string
  readonly isReaction: boolean
  /** Provider's time in ms, however long ago; null when it gave none, or one to come. */
  readonly sentAt: number | null
  readonly sentAtExact: boolean
}
