/** Intake: the port through which webhooks put messages into batches. */
import type { RapidFireError } from '../errors.ts'
import type { BatchId, Conversation, Message } from '../message.ts'

export interface TakeOptions {
  /** Due at once, whatever the window says: `/webhook/whatsapp`. */
  readonly atOnce: boolean
}

export interface Taken {
  readonly added: number
  readonly duplicates: number
  /** Kept as failed because they are too old to be answered unasked; not in `added`. */
  readonly setAside: number
  /** The open batches that the messages are in, one a conversation, in order of appearance. */
  readonly batchIds: readonly BatchId[]
  /** Kept on this machine, to be stored as soon as the store is back; not in `added`. */
  readonly spooled?: number
  /** Messages that could not be kept, by their index in the call; the others are. */
  readonly failures: readonly { readonly index: number; readonly error: RapidFireError }[]
}

export interface Intake {
  /** Resolves when all messages are durable or named in `failures`; the same call again adds nothing. */
  take(messages: readonly Message[], options: TakeOptions): Promise<Taken>
  /**
   * Has `others`, further addresses of the person, lead to `who`. Answers where what they write goes:
   * to one of these instead while an answer to it is being sent.
   */
  join(who: Conversation, others: readonly string[]): Promise<Conversation>
}
