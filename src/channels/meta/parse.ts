/**
 * Calls of the WhatsApp Cloud API, which 360dialog hands on as they are.
 *
 *   entry[] → changes[] → value: messages[] | statuses[] | message_echoes[]
 *
 * All three are lists, and every element counts. A person is known by a phone, by a business-scoped
 * id (BSUID), or by both; the phone may be an empty text. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import type { Contact, GeoPoint, MessageType } from '../../message.ts'
import { readJid } from '../jid.ts'
import {
  at,
  defined,
  firstTextOf,
  idAt,
  type Json,
  listAt,
  numberAt,
  objectAt,
  textAt,
} from '../read.ts'
import type { Told, ToldMedia, ToldMessage, ToldPlace } from '../told.ts'

/** `RU.1349…`, of a parent account `US.ENT.…`. */
export const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/

export function parseMeta(body: unknown, keepOriginal: boolean): readonly Told[] {
  const entries = objectAt(body) && Array.isArray(at(body, 'entry')) ? listAt(body, 'entry') : null
  if (entries === null) {
    throw new RapidFireError('invalid_format', 'A call of the Cloud API has a list called entry')
  }
  return entries.flatMap((entry) =>
    listAt(entry, 'changes').flatMap((change) => toldOf(body, entry, change, keepOriginal)),
  )
}

function toldOf(body: unknown, entry: unknown, change: unknown, keepOriginal: boolean): Told[] {
  const value = objectAt(change, 'value')
  const name = textAt(change, 'field')
  if (value === undefined) return [{ kind: 'malformed', field: 'value', allowed: 'an object' }]
  const account = idAt(value, 'metadata', 'phone_number_id')
  if (name === 'smb_message_echoes') {
    return listAt(value, 'message_echoes').map((echo) => echoOf(echo, account))
  }
  if (name !== 'messages') return [{ kind: 'ignored', reason: 'event', account }]
  const original = (message: unknown): unknown =>
    keepOriginal ? alone(body, entry, change, message) : undefined
  return [
    ...listAt(value, 'messages').map((message) =>
      messageOf(message, value, account, original(message)),
    ),
    ...listAt(value, 'statuses').map((status) => statusOf(status, account)),
    ...listAt(value, 'errors').map((): Told => ({ kind: 'ignored', reason: 'event', account })),
  ]
}

/** The call as if it had brought this message alone. */
function alone(body: unknown, entry: unknown, change: unknown, message: unknown): unknown {
  const { statuses: _, errors: __, ...value } = objectAt(change, 'value') ?? {}
  return {
    ...objectAt(body),
    entry: [
      {
        ...objectAt(entry),
        changes: [{ ...objectAt(change), value: { ...value, messages: [message] } }],
      },
    ],
  }
}

interface Person {
  readonly peer: string
  readonly address: string
  readonly aliases: readonly string[]
}

/** `||`, since a hidden phone is an empty text. The phone goes first: `to` wins over `recipient`. */
function personOf(phone: string | undefined, userId: string | undefined): Person | null {
  const read = readJid(phone ?? '')
  const scoped = userId !== undefined && BSUID.test(userId) ? userId : undefined
  if (read.kind === 'person') {
    const aliases = scoped === undefined ? [] : [scoped]
    return { peer: read.peer, address: phone ?? read.peer, aliases }
  }
  return scoped === undefined ? null : { peer: scoped, address: scoped, aliases: [] }
}

function messageOf(message: unknown, value: Json, account: string | null, original: unknown): Told {
  const type = textAt(message, 'type') ?? ''
  const from = textAt(message, 'from')
  const userId = textAt(message, 'from_user_id')
  const person = personOf(from, userId)
  if (person === null) {
    // That somebody has another address now need not say whose.
    if (type === 'system')
      return { kind: 'ignored', reason: 'system', account, id: idAt(message, 'id') }
    return {
      kind: 'malformed',
      field: 'from',
      allowed: 'a phone in from, or an id in from_user_id',
    }
  }
  const contact = contactOf(value, from, userId)
  const waId = readJid(textAt(contact, 'wa_id') ?? '')
  const spelt = waId.kind === 'person' && waId.peer !== person.peer ? [waId.peer] : []
  const scoped = textAt(contact, 'user_id')
  const known = scoped !== undefined && BSUID.test(scoped) && scoped !== person.peer ? [scoped] : []
  const place: ToldPlace = {
    ...placeOf(message, person, [...new Set([...person.aliases, ...spelt, ...known])]),
    account,
  }
  const told: ToldMessage = {
    ...place,
    id: idAt(message, 'id'),
    time: at(message, 'timestamp'),
    ...contentOf(message, type),
    ...defined({
      name: textAt(contact, 'profile', 'name'),
      quoted: quotedOf(message),
      referral: referralOf(message),
      original,
    }),
  }
  switch (type) {
    case 'reaction':
      return { kind: 'ignored', reason: 'reaction', ...told, type: 'reaction' }
    case 'system':
    case 'request_welcome':
      return { kind: 'ignored', reason: 'system', ...told }
    case 'edit': {
      const inner = at(message, 'edit', 'message')
      const of = textAt(message, 'edit', 'original_message_id')
      if (of === undefined) break
      return { ...told, ...contentOf(inner, textAt(inner, 'type') ?? 'text'), kind: 'edit', of }
    }
    case 'revoke': {
      const of = textAt(message, 'revoke', 'original_message_id')
      if (of === undefined) break
      return { kind: 'revoke', of, ...place, id: told.id, time: told.time }
    }
  }
  return { kind: 'message', ...told }
}

/** In a group the group is where answers go, and `from` is who wrote. */
function placeOf(
  message: unknown,
  { peer, address }: Person,
  aliases: readonly string[],
): Omit<ToldPlace, 'account'> {
  const group = textAt(message, 'group_id')
  if (group === undefined) return { peer, address, aliases }
  return { peer: group, address: group, author: peer, mentioned: false }
}

function contactOf(value: Json, from: string | undefined, userId: string | undefined): unknown {
  const contacts = listAt(value, 'contacts')
  const own = contacts.find(
    (contact) =>
      (from !== undefined && textAt(contact, 'wa_id') === from) ||
      (userId !== undefined && textAt(contact, 'user_id') === userId),
  )
  return own ?? (contacts.length === 1 ? contacts[0] : undefined)
}

type Content = Pick<ToldMessage, 'type' | 'text'> &
  Partial<Pick<ToldMessage, 'media' | 'payload' | 'location' | 'contacts'>>

const MEDIA: ReadonlySet<string> = new Set([
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  // Of the API before the Cloud API, which 360dialog may still speak.
  'voice',
])

/** What one message says, by its type; what nobody knows is kept as unsupported. */
export function contentOf(message: unknown, type: string): Content {
  const own = objectAt(message, type)
  if (MEDIA.has(type)) return mediaContent(type, own)
  switch (type) {
    case 'text':
      return { type: 'chat', text: textAt(own, 'body') ?? '' }
    case 'button':
      return {
        type: 'button',
        text: textAt(own, 'text') ?? '',
        ...defined({ payload: textAt(own, 'payload') }),
      }
    case 'interactive':
      return interactiveContent(own)
    case 'location':
      return locationContent(own)
    case 'contacts':
      return { type: 'contact', text: '', contacts: listAt(message, 'contacts').map(cardOf) }
    case 'order':
      return { type: 'order', text: textAt(own, 'text') ?? '', ...orderedIn(own) }
    case 'reaction':
      return { type: 'reaction', text: textAt(own, 'emoji') ?? '' }
    default:
      return { type: 'unsupported', text: '' }
  }
}

function mediaContent(type: string, own: Json | undefined): Content {
  const isVoice = type === 'audio' && at(own, 'voice') === true
  return {
    type: isVoice ? 'voice' : (type as MessageType),
    text: textAt(own, 'caption') ?? '',
    media: defined({
      mediaId: textAt(own, 'id'),
      mimeType: textAt(own, 'mime_type'),
      fileName: textAt(own, 'filename'),
    }) as ToldMedia,
  }
}

function interactiveContent(own: Json | undefined): Content {
  const kind = textAt(own, 'type') ?? ''
  const reply = objectAt(own, kind)
  if (kind === 'nfm_reply') {
    const payload = textAt(reply, 'response_json')
    return { type: 'list', text: textAt(reply, 'body') ?? '', ...defined({ payload }) }
  }
  if (kind !== 'button_reply' && kind !== 'list_reply') return { type: 'unsupported', text: '' }
  return {
    type: kind === 'list_reply' ? 'list' : 'button',
    text: textAt(reply, 'title') ?? '',
    ...defined({ payload: textAt(reply, 'id') }),
  }
}

function locationContent(own: Json | undefined): Content {
  const latitude = numberAt(own, 'latitude')
  const longitude = numberAt(own, 'longitude')
  if (latitude === undefined || longitude === undefined) return { type: 'unsupported', text: '' }
  const words = defined({ name: textAt(own, 'name'), address: textAt(own, 'address') })
  const location: GeoPoint = { latitude, longitude, ...words }
  return { type: 'location', text: '', location }
}

function cardOf(card: unknown): Contact {
  const phones = listAt(card, 'phones')
  const known = phones.map((phone) => textAt(phone, 'wa_id')).find((id) => id !== undefined)
  const digits = (known ?? textAt(phones[0], 'phone'))?.replace(/\D/g, '')
  return {
    name: textAt(card, 'name', 'formatted_name') ?? '',
    ...defined({ phone: digits || undefined }),
  }
}

/** What was ordered stands beside the words, with prices, as JSON. */
function orderedIn(own: Json | undefined): Pick<Content, 'payload'> {
  const items = listAt(own, 'product_items')
  if (items.length === 0) return {}
  return { payload: JSON.stringify({ catalog_id: at(own, 'catalog_id'), product_items: items }) }
}

function quotedOf(message: unknown): { id: string } | undefined {
  const id = textAt(message, 'context', 'id')
  return id === undefined ? undefined : { id }
}

function referralOf(message: unknown): ToldMessage['referral'] | undefined {
  const referral = objectAt(message, 'referral')
  if (referral === undefined) return undefined
  return defined({
    sourceId: textAt(referral, 'source_id'),
    sourceUrl: textAt(referral, 'source_url'),
    headline: textAt(referral, 'headline'),
  })
}

/** From the Business app, by a human: `to` is the person. */
function echoOf(echo: unknown, account: string | null): Told {
  const to = firstTextOf(echo, ['to', 'to_user_id'])
  const person = personOf(textAt(echo, 'to'), textAt(echo, 'to_user_id'))
  if (person === null || to === undefined) {
    return { kind: 'malformed', field: 'to', allowed: 'whom it was written to' }
  }
  const type = textAt(echo, 'type') ?? ''
  return {
    kind: 'own',
    ...person,
    account,
    id: idAt(echo, 'id'),
    time: at(echo, 'timestamp'),
    isReaction: type === 'reaction',
    ...contentOf(echo, type),
  }
}

const STATUS: ReadonlyMap<string, 'sent' | 'delivered' | 'read' | 'failed'> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'read'],
  ['failed', 'failed'],
])

function statusOf(status: unknown, account: string | null): Told {
  const id = idAt(status, 'id')
  const word = STATUS.get(textAt(status, 'status') ?? '')
  const person = personOf(textAt(status, 'recipient_id'), textAt(status, 'recipient_user_id'))
  if (id === null || word === undefined) return { kind: 'ignored', reason: 'status', account }
  return {
    kind: 'status',
    peer: person?.peer ?? '',
    address: person?.address ?? '',
    account,
    id,
    status: word,
    ...defined({
      errorCode: numberAt(status, 'errors', 0, 'code'),
      partId: textAt(status, 'biz_opaque_callback_data'),
      time: at(status, 'timestamp'),
    }),
  }
}
