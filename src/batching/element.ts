/**
 * A message as an element of `rapid-fire:<phone>`: the JSON that the original's users read with
 * `redis-cli`, plus what it had no place for under `rf`. Pure.
 *
 * Reading is lenient, since other programs write to that list too: what is missing gets a sensible
 * value, and only what has no text at all is nobody's message.
 */
import { createHash } from 'node:crypto'
import type { Contact, Conversation, GeoPoint, Media, Message, Referral } from '../message.ts'
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
      quotedId: message.quotedId,
      payload: message.payload,
      location: message.location,
      contacts: message.contacts,
      referral: message.referral,
      changes: message.changes,
      editedAt: message.editedAt,
      original: message.original,
      // Last: it is looked for there.
      trace: message.trace,
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
  return {
    conversation,
    id: id ?? `el-${createHash('sha256').update(json).digest('base64url').slice(0, 22)}`,
    address: textOf(rf?.address) ?? conversation.peer,
    type: messageTypeOf(textOf(metadata.type) ?? 'chat'),
    text: element.message,
    receivedAt,
    ...timesOf(metadata.timestamp, rf, receivedAt),
    ...(rf && extrasOf(rf)),
  }
}

/** The trace of a batch is that of its first message, or of the first that has one. */
export function traceOfBatch(payloads: readonly string[]): string | undefined {
  for (const payload of payloads) {
    const trace = traceIn(payload)
    if (trace !== undefined) return trace
  }
  return undefined
}

/** Of all messages that have one, in their order. */
export function tracesOf(payloads: readonly string[]): readonly string[] {
  return payloads.flatMap((payload) => traceIn(payload) ?? [])
}

/**
 * Without parsing it: what we write has its trace at the very end, and two braces close it nowhere
 * else. Of another program's element nothing is lost but its trace.
 */
function traceIn(payload: string): string | undefined {
  return AT_THE_END.exec(payload.slice(-TAIL))?.[1]
}

const AT_THE_END = /"trace":"([0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})"\}\}$/
const TAIL = 70

const TRACE = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Other programs write to that list too. */
function traceOf(value: unknown): string | undefined {
  return typeof value === 'string' && TRACE.test(value) ? value : undefined
}

type Extra =
  | 'sender'
  | 'name'
  | 'quoted'
  | 'quotedId'
  | 'payload'
  | 'changes'
  | 'editedAt'
  | 'media'
  | 'location'
  | 'contacts'
  | 'referral'
  | 'original'
  | 'trace'

/** What only some messages have, and how it is read. */
const EXTRAS: { readonly [Name in Extra]: (value: unknown) => Message[Name] | undefined } = {
  sender: textOf,
  name: textOf,
  quoted: textOf,
  quotedId: textOf,
  payload: textOf,
  changes: textOf,
  editedAt: numberOf,
  media: mediaOf,
  location: locationOf,
  contacts: contactsOf,
  referral: referralOf,
  original: (value) => value,
  trace: traceOf,
}

function extrasOf(rf: Record<string, unknown>): Partial<Message> {
  const extras: Record<string, unknown> = {}
  // Most have one or two of them: what is there is looked up, not what could be.
  for (const name in rf) {
    if (!Object.hasOwn(EXTRAS, name)) continue
    const value = EXTRAS[name as Extra](rf[name])
    if (value !== undefined) extras[name] = value
  }
  return extras
}

function locationOf(value: unknown): GeoPoint | undefined {
  const given = objectOf(value)
  const latitude = numberOf(given?.latitude)
  const longitude = numberOf(given?.longitude)
  if (latitude === undefined || longitude === undefined) return undefined
  const name = textOf(given?.name)
  const address = textOf(given?.address)
  return {
    latitude,
    longitude,
    ...(name !== undefined && { name }),
    ...(address !== undefined && { address }),
  }
}

function contactsOf(value: unknown): readonly Contact[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.flatMap((one) => {
    const card = objectOf(one)
    const phone = textOf(card?.phone)
    return card ? [{ name: textOf(card.name) ?? '', ...(phone !== undefined && { phone }) }] : []
  })
}

function referralOf(value: unknown): Referral | undefined {
  const given = objectOf(value)
  if (!given) return undefined
  const sourceId = textOf(given.sourceId)
  const sourceUrl = textOf(given.sourceUrl)
  const headline = textOf(given.headline)
  return {
    ...(sourceId !== undefined && { sourceId }),
    ...(sourceUrl !== undefined && { sourceUrl }),
    ...(headline !== undefined && { headline }),
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
  const mediaId = textOf(given.mediaId)
  const file = textOf(given.file)
  return {
    ...(url !== undefined && { url }),
    ...(mimeType !== undefined && { mimeType }),
    ...(fileName !== undefined && { fileName }),
    ...(mediaId !== undefined && { mediaId }),
    ...(file !== undefined && { file }),
  }
}
