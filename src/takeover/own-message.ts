/** A message that was written to a person from our side: by the owner's phone, an inbox, or the bot. */
import type { Conversation } from '../message.ts'

export interface OwnMessage {
  readonly conversation: Conversation
  /** The provider's id, or one made from the signed bytes. */
  readonly id: string
  readonly text: string
  /** Provider's time in ms, when it gave a plausible one. */
  readonly sentAt: number | null
  readonly sentAtExact: boolean
}
