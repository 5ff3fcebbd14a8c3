/**
 * Calls of Twilio: one form, which is one message or what became of one of ours.
 *
 *   MessageStatus → status      else → message, and one more for each further file
 *
 * Everything is a text, also numbers. No time comes along, and Twilio adds parameters without notice.
 * A person is `whatsapp:+<phone>`, `whatsapp:<BSUID>`, or a bare phone in an SMS. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import type { GeoPoint, MessageType } from '../../message.ts'
import { readJid } from '../jid.ts'
import { BSUID } from '../meta/parse.ts'
import { defined, type Json, numberAt, objectAt } from '../read.ts'
import type { Told, ToldMedia, ToldMessage, ToldPlace } from '../told.ts'

const PERSON_ALLOWED = 'whatsapp:+79001234567, whatsapp:RU.… or +79001234567'
const MAX_FILES = 10

export function parseTwilio(body: unknown, keepOriginal: boolean): readonly Told[] {
  const form = objectAt(body)
  if (form === undefined) {
    throw new RapidFireError('invalid_format', 'A call of Twilio is a form')
  }
  const status = statusWordOf(form)
  if (status !== undefined) return [statusOf(form, status)]
  if (param(form, 'From') === undefined) {
    throw new RapidFireError('missing_fields', `A message of Twilio has From: ${PERSON_ALLOWED}`)
  }
  return messagesOf(form, keepOriginal)
}

/** The value of a parameter, the first where it came several times; undefined where it is empty. */
function param(form: Json, name: string): string | undefined {
  const given = Object.hasOwn(form, name) ? form[name] : undefined
  const value: unknown = Array.isArray(given) ? given[0] : given
  return typeof value === 'string' && value !== '' ? value : undefined
}

function firstOf(form: Json, names: readonly string[]): string | undefined {
  return names.map((name) => param(form, name)).find((value) => value !== undefined)
}

const sidOf = (form: Json): string | null =>
  firstOf(form, ['MessageSid', 'SmsMessageSid', 'SmsSid']) ?? null

/** A person's address as a peer; null where it names nobody who could be answered. */
function peerOf(address: string | undefined): string | null {
  if (address === undefined) return null
  const bare = address.replace(/^whatsapp:/i, '').trim()
  if (BSUID.test(bare)) return bare
  const read = readJid(bare)
  return read.kind === 'person' && !read.isLid ? read.peer : null
}

function messagesOf(form: Json, keepOriginal: boolean): readonly Told[] {
  const address = param(form, 'From') ?? ''
  const peer = peerOf(address)
  if (peer === null) return [{ kind: 'malformed', field: 'From', allowed: PERSON_ALLOWED }]
  const others = ['WaId', 'ExternalUserId', 'ExternalUserIdentifier'].map((name) =>
    peerOf(param(form, name)),
  )
  const place: ToldPlace = {
    peer,
    address,
    aliases: [...new Set(others.filter((other) => other !== null && other !== peer))] as string[],
    account: param(form, 'AccountSid') ?? null,
  }
  const id = sidOf(form)
  const files = filesOf(form)
  const told: ToldMessage = {
    ...place,
    id,
    time: null,
    ...contentOf(form, files[0]),
    ...defined({
      name: param(form, 'ProfileName'),
      quoted: quotedOf(form),
      referral: referralOf(form),
      original: keepOriginal ? alone(form, 0) : undefined,
    }),
  }
  if (param(form, 'MessageType') === 'reaction') {
    return [{ kind: 'ignored', reason: 'reaction', ...told, type: 'reaction' }]
  }
  const further = files.slice(1).map((media, index): Told => {
    const number = index + 1
    return {
      kind: 'message',
      ...place,
      id: id === null ? null : `${id}:${number}`,
      time: null,
      type: typeOfFile(media.mimeType),
      text: '',
      media,
      ...defined({
        name: told.name,
        original: keepOriginal ? alone(form, number) : undefined,
      }),
    }
  })
  return [{ kind: 'message', ...told }, ...further]
}

/** The form as if it had brought this file alone; the text goes with the first. */
function alone(form: Json, number: number): Json {
  const rest = Object.entries(form).filter(([name]) => !/^Media(?:Url|ContentType)\d+$/.test(name))
  const url = param(form, `MediaUrl${number}`)
  const type = param(form, `MediaContentType${number}`)
  const hadFiles = rest.length < Object.keys(form).length
  return {
    ...Object.fromEntries(rest),
    ...defined({ MediaUrl0: url, MediaContentType0: type }),
    ...(hadFiles && { NumMedia: '1' }),
    ...(number > 0 && { Body: '' }),
  }
}

function filesOf(form: Json): readonly ToldMedia[] {
  const files: ToldMedia[] = []
  for (let number = 0; number < MAX_FILES; number++) {
    const url = param(form, `MediaUrl${number}`)
    const mimeType = param(form, `MediaContentType${number}`)
    if (url === undefined && mimeType === undefined) break
    files.push(defined({ url, mimeType }) as ToldMedia)
  }
  return files
}

type Content = Pick<ToldMessage, 'type' | 'text'> &
  Partial<Pick<ToldMessage, 'media' | 'payload' | 'location'>>

const FILE_TYPES: ReadonlyMap<string, MessageType> = new Map([
  ['image', 'image'],
  ['video', 'video'],
  // Twilio does not tell a voice message from a piece of music; people send the former.
  ['audio', 'voice'],
  ['document', 'document'],
  ['sticker', 'sticker'],
  ['contacts', 'contact'],
])

function typeOfFile(mimeType = ''): MessageType {
  const [kind = '', what = ''] = mimeType.toLowerCase().split(/[/;]/)
  if (/^(?:x-)?vcard$/.test(what)) return 'contact'
  return kind === 'image' || kind === 'video' || kind === 'audio'
    ? (FILE_TYPES.get(kind) ?? 'document')
    : 'document'
}

/** `Body` repeats the title of what was pressed, so it is never joined with it. */
function contentOf(form: Json, file: ToldMedia | undefined): Content {
  const type = param(form, 'MessageType')?.toLowerCase()
  const body = param(form, 'Body') ?? ''
  const place = locationOf(form)
  if (place !== undefined) return { type: 'location', text: body, location: place }
  const listId = param(form, 'ListId')
  if (listId !== undefined || param(form, 'ListTitle') !== undefined) {
    const text = body || (param(form, 'ListTitle') ?? '')
    return { type: 'list', text, ...defined({ payload: listId }) }
  }
  const payload = param(form, 'ButtonPayload')
  const title = param(form, 'ButtonText')
  if (type === 'button' || type === 'interactive' || payload !== undefined || title !== undefined) {
    return { type: 'button', text: body || (title ?? ''), ...defined({ payload }) }
  }
  const named = FILE_TYPES.get(type ?? '')
  if (named !== undefined) return { type: named, text: body, ...defined({ media: file }) }
  if (file !== undefined) return { type: typeOfFile(file.mimeType), text: body, media: file }
  if (type === undefined || type === 'text' || body !== '') return { type: 'chat', text: body }
  return { type: 'unsupported', text: '' }
}

function locationOf(form: Json): GeoPoint | undefined {
  const latitude = numberAt(param(form, 'Latitude'))
  const longitude = numberAt(param(form, 'Longitude'))
  if (latitude === undefined || longitude === undefined) return undefined
  const words = defined({ name: param(form, 'Label'), address: param(form, 'Address') })
  return { latitude, longitude, ...words }
}

function quotedOf(form: Json): { id: string } | undefined {
  const id = param(form, 'OriginalRepliedMessageSid')
  return id === undefined ? undefined : { id }
}

function referralOf(form: Json): ToldMessage['referral'] | undefined {
  const referral = defined({
    sourceId: param(form, 'ReferralSourceId'),
    sourceUrl: param(form, 'ReferralSourceUrl'),
    headline: param(form, 'ReferralHeadline'),
  })
  return Object.keys(referral).length === 0 ? undefined : referral
}

/** Undefined for what is a message. Old status callbacks of SMS have `SmsStatus` alone. */
function statusWordOf(form: Json): string | undefined {
  if (param(form, 'EventType') === 'READ') return 'read'
  const word = param(form, 'MessageStatus')
  if (word !== undefined) return word.toLowerCase()
  const old = param(form, 'SmsStatus')?.toLowerCase()
  return old === undefined || old === 'received' || old === 'receiving' ? undefined : old
}

const STATUS: ReadonlyMap<string, 'sent' | 'delivered' | 'read' | 'failed'> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
])

/** Here `From` is ours, and the person is in `To`. */
function statusOf(form: Json, word: string): Told {
  const id = sidOf(form)
  const status = STATUS.get(word)
  const address = firstOf(form, ['To', 'ChannelToAddress']) ?? ''
  const place = {
    peer: peerOf(address) ?? '',
    address,
    account: param(form, 'AccountSid') ?? null,
  }
  if (id === null || status === undefined)
    return { kind: 'ignored', reason: 'status', ...place, id }
  const errorCode = numberAt(param(form, 'ErrorCode'))
  return { kind: 'status', ...place, id, status, ...defined({ errorCode }) }
}
