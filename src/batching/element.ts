/**
 * A message as an element of `rapid-fire:<phone>`: the JSON that the original's users read with
 * `redis-cli`, plus what it had no place for under `rf`. Pure.
 *
 * Reading is lenient, since other programs write to that list too: what is missing gets a sensible
 * value, and only what has no text at all is nobody's message.
 */
import { createHash } from 'node:crypto'
import type { Conversation, Media, Message } from '../message.ts'
import { readTime } from '../message-time.ts'
import { messageTypeOf } from '../message-type.ts'

const ORIGIN = 'whatsapp-batched'

/** One line of JSON; `fromElement` gives the same message back. */
export function toElement(message: Message): string {
  const timestamp = message.originalTimestamp ?? message.sentAt ?? message.receivedAt
  return JSON.stringify({
    message: message.text,
    companyId: message.conversation.tenant,
    metadata: {
      timestamp,
      type: message.type,
      messageId: message.id,
      originalWebhook: ORIGIN,
    },
    timestamp: message.receivedAt,
    rf: {
      address: message.address,
      sentAt: message.sentAt,
      exact: message.sentAtExact,
      // Tells a time that the provider gave from one that we filled in.
      untimed: message.originalTimestamp === undefined ? true : undefined,
      sender: message.sender,
      name: message.name,
      media: message.media,
      quoted: message.quoted,
    },
  })
}

/** The message of an element in the list of `conversation`; null when nobody can read it. */
export function fromElement(json: string, conversation: Conversation): Message | null {
  const element = parse(json)
  if (!element || typeof element.message !== 'string') return null
  const metadata = objectOf(element.metadata) ?? {}
  const rf = objectOf(element.rf)
  const receivedAt = numberOf(element.timestamp) ?? 0
  const id = textOf(metadata.messageId) ?? numberOf(metadata.messageId)?.toString()
  const name = textOf(rf?.name)
  const sender = textOf(rf?.sender)
  const quoted = textOf(rf?.quoted)
  const media = mediaOf(rf?.media)
  return {
    conversation,
    id: id ?? `el-${createHash('sha256').update(json).digest('base64url').slice(0, 22)}`,
    address: textOf(rf?.address) ?? conversation.peer,
    type: messageTypeOf(textOf(metadata.type) ?? 'chat'),
    text: element.message,
    receivedAt,
    ...timesOf(metadata.timestamp, rf, receivedAt),
    ...(sender !== undefined && { sender }),
    ...(name !== undefined && { name }),
    ...(quoted !== undefined && { quoted }),
    ...(media && { media }),
  }
}

type Times = Pick<Message, 'sentAt' | 'sentAtExact'> & { originalTimestamp?: number | string }

function timesOf(
  given: unknown,
  rf: Record<string, unknown> | undefined,
  receivedAt: number,
): Times {
  const original = textOf(given) ?? numberOf(given)
  if (!rf) {
    const { sentAt, exact } = readTime(given, receivedAt)
    return {
      sentAt,
      sentAtExact: exact,
      ...(original !== undefined && { originalTimestamp: original }),
    }
  }
  return {
    sentAt: numberOf(rf.sentAt) ?? null,
    sentAtExact: rf.exact === true,
    ...(rf.untimed !== true && original !== undefined && { originalTimestamp: original }),
  }
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    return objectOf(JSON.parse(json))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Record<string, unknown>
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function mediaOf(value: unknown): Media | undefined {
  const given = objectOf(value)
  if (!given) return undefined
  const url = textOf(given.url)
  const mimeType = textOf(given.mimeType)
  const fileName = textOf(given.fileName)
  return {
    ...(url !== undefined && { url }),
    ...(mimeType !== undefined && { mimeType }),
    ...(fileName !== undefined && { fileName }),
  }
}
