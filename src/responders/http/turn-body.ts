/**
 * A turn as a backend gets it: flat, so that low-code tools read it without digging. Pure.
 * Names in it are a contract with backends; add to it, never rename.
 */
import type { Message } from '../../message.ts'
import type { Said, TurnToAnswer } from '../responder.ts'

export interface TurnBody {
  readonly phone: string
  /** As the person calls themselves, null when the messenger did not say. */
  readonly name: string | null
  readonly text: string
  readonly messages: readonly MessageBody[]
  readonly media: readonly MediaBody[]
  /** Oldest first. */
  readonly history: readonly HistoryBody[]
  readonly batchId: string
  /** The tenant. */
  readonly companyId: string
  readonly channel: string
  /** Where an answer may come later; null when none is taken. */
  readonly callbackUrl: string | null
}

type MessageBody = Pick<Message, 'id' | 'type' | 'text'> &
  Partial<Pick<Message, Extra>> & {
    /** ISO 8601, when it was written, else when it arrived. */
    readonly timestamp: string
  }

/** What only some messages have; it is left out where it is not there. */
const EXTRAS = [
  'name',
  'sender',
  'media',
  'quoted',
  'quotedId',
  'payload',
  'location',
  'contacts',
  'referral',
  'changes',
] as const satisfies readonly (keyof Message)[]
type Extra = (typeof EXTRAS)[number]

interface MediaBody {
  readonly url: string | null
  readonly mimeType: string | null
  readonly fileName: string | null
  /** In `DATA_DIR/media`, where the bytes came with the call; else null. */
  readonly file: string | null
  readonly messageId: string
}

interface HistoryBody {
  readonly who: Said['who']
  readonly text: string
  readonly timestamp: string
}

export function turnBody(turn: TurnToAnswer, callbackUrl: string | null): TurnBody {
  const { conversation, messages, history, text, batchId } = turn
  return {
    phone: conversation.peer,
    name: messages.findLast(({ name }) => name !== undefined)?.name ?? null,
    text,
    messages: messages.map(messageBody),
    media: messages.flatMap(mediaBody),
    history: history.map(({ who, text, at }) => ({ who, text, timestamp: iso(at) })),
    batchId,
    companyId: conversation.tenant,
    channel: conversation.channel,
    callbackUrl,
  }
}

function messageBody(message: Message): MessageBody {
  const { id, type, text } = message
  const extras = EXTRAS.filter((name) => message[name] !== undefined)
  return {
    id,
    type,
    text,
    timestamp: iso(message.sentAt ?? message.receivedAt),
    ...Object.fromEntries(extras.map((name) => [name, message[name]])),
  }
}

function mediaBody({ id, media }: Message): MediaBody[] {
  if (media === undefined) return []
  const { url = null, mimeType = null, fileName = null, file = null } = media
  return [{ url, mimeType, fileName, file, messageId: id }]
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
