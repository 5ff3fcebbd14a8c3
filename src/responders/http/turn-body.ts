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

type MessageBody = Pick<Message, 'id' | 'type' | 'text' | 'name' | 'media' | 'quoted'> & {
  /** ISO 8601, when it was written, else when it arrived. */
  readonly timestamp: string
}

interface MediaBody {
  readonly url: string | null
  readonly mimeType: string | null
  readonly fileName: string | null
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
  const { id, type, text, name, media, quoted } = message
  return {
    id,
    type,
    text,
    timestamp: iso(message.sentAt ?? message.receivedAt),
    ...(name !== undefined && { name }),
    ...(media !== undefined && { media }),
    ...(quoted !== undefined && { quoted }),
  }
}

function mediaBody({ id, media }: Message): MediaBody[] {
  if (media === undefined) return []
  const { url = null, mimeType = null, fileName = null } = media
  return [{ url, mimeType, fileName, messageId: id }]
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
