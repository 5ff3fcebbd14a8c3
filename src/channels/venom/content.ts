/**
 * What one element of a Venom bridge says: the Message of venom-bot, or what bridges make of it.
 *
 * venom-bot puts a small picture into `body` and `content` of an image, a video, a place and some
 * documents. So of those the caption is the text, and `body` only where it cannot be base64. Pure.
 */
import type { Contact, GeoPoint, MessageType } from '../../message.ts'
import { MEDIA_TYPES } from '../../message-type.ts'
import { at, defined, firstTextOf, type Json, listAt, numberAt, objectAt, textAt } from '../read.ts'
import type { ToldMedia, ToldMessage } from '../told.ts'
import { keyText } from '../whatsapp/chat.ts'
import { type Content, UNSUPPORTED } from '../whatsapp/telling.ts'
import { contactsOf } from '../whatsapp/vcard.ts'
import { typeOfMime, typeOfWord } from '../whatsapp/words.ts'

/** Fields that bridges write a text into; the last two are venom-bot's own. */
export const TEXT_FIELDS = ['message', 'mensaje', 'text', 'body', 'content'] as const
const BRIDGE_FIELDS = ['message', 'mensaje', 'text'] as const
const BASE64 = /^[A-Za-z0-9+/=\s]*$/
const JPEG = /^\/9j\/[A-Za-z0-9+/]{60,}={0,2}$/

export function contentOf(item: Json): Content {
  const file = fileOf(item)
  const word = textAt(item, 'type')
  const named = typeOfWord(word ?? '')
  // A file that nobody named a type for is still more than a chat line.
  const type = named === 'chat' ? (typeOfFile(item, file) ?? named) : named
  if (MEDIA_TYPES.has(type)) {
    return { type, text: captionOf(item), ...(file !== undefined && { media: file }) }
  }
  switch (type) {
    case 'chat':
      return { type, text: firstTextOf(item, [...TEXT_FIELDS, 'caption']) ?? '' }
    case 'button':
    case 'list':
      return choiceOf(item, type)
    case 'location':
      return locationOf(item)
    case 'contact':
      return { type, text: '', contacts: cardsOf(item) }
    case 'order':
      return { type, text: firstTextOf(item, ['orderTitle', 'title', 'caption']) ?? '' }
    default:
      return UNSUPPORTED
  }
}

function captionOf(item: Json): string {
  const caption = textAt(item, 'caption') ?? firstTextOf(item, BRIDGE_FIELDS)
  const body = firstTextOf(item, ['body', 'content'])
  if (caption !== undefined) return isPicture(caption) ? '' : caption
  return body === undefined || BASE64.test(body) ? '' : body
}

/** A file that a bridge put where others put the caption. */
const isPicture = (text: string): boolean =>
  text.length >= 100 && BASE64.test(text) && !/\s/.test(text)

/** Of `{from, message: msg.body}` nobody says that it is a picture, and no person writes so. */
function typeOfFile(item: Json, file: ToldMedia | undefined): MessageType | undefined {
  if (file !== undefined) return typeOfMime(file.mimeType)
  const isNamed = textAt(item, 'type') !== undefined
  return !isNamed && JPEG.test(firstTextOf(item, TEXT_FIELDS) ?? '') ? 'image' : undefined
}

/** Where the file is, or the file itself; what venom-bot calls its addresses is encrypted. */
function fileOf(item: Json): ToldMedia | undefined {
  const media = objectAt(item, 'media')
  const given =
    firstTextOf(media, ['base64', 'data']) ?? firstTextOf(item, ['base64', 'mediaBase64', 'media'])
  const embedded = given === undefined ? undefined : embeddedIn(given)
  const file: ToldMedia = defined({
    url: firstTextOf(media, ['url', 'mediaUrl']) ?? textAt(item, 'mediaUrl') ?? urlIn(given),
    mimeType:
      firstTextOf(media, ['mimeType', 'mimetype']) ??
      firstTextOf(item, ['mimetype', 'mimeType']) ??
      embedded?.mimeType,
    fileName:
      firstTextOf(media, ['fileName', 'filename']) ?? firstTextOf(item, ['filename', 'fileName']),
    base64: embedded?.base64,
  })
  return Object.keys(file).length === 0 ? undefined : file
}

const urlIn = (given: string | undefined): string | undefined =>
  given !== undefined && /^https?:\/\//.test(given) ? given : undefined

/** `data:image/jpeg;base64,…`, as a browser hands out a file, or the base64 alone. */
function embeddedIn(given: string): { base64: string; mimeType?: string } | undefined {
  if (!given.startsWith('data:')) return BASE64.test(given) ? { base64: given } : undefined
  const comma = given.indexOf(',')
  const [mimeType = '', ...rest] = given.slice('data:'.length, Math.max(0, comma)).split(';')
  if (comma < 0 || rest.at(-1)?.trim() !== 'base64') return undefined
  return { base64: given.slice(comma + 1), ...(mimeType !== '' && { mimeType }) }
}

function choiceOf(item: Json, type: 'button' | 'list'): Content {
  const payload =
    firstTextOf(item, ['selectedButtonId', 'selectedId', 'selectedRowId']) ??
    textAt(item, 'listResponse', 'singleSelectReply', 'selectedRowId')
  return { type, text: firstTextOf(item, TEXT_FIELDS) ?? '', ...defined({ payload }) }
}

function locationOf(item: Json): Content {
  const place = objectAt(item, 'location')
  const latitude = numberAt(item, 'lat') ?? numberAt(place, 'latitude')
  const longitude = numberAt(item, 'lng') ?? numberAt(place, 'longitude')
  if (latitude === undefined || longitude === undefined) return UNSUPPORTED
  const [name, address] = (textAt(item, 'loc') ?? '').split('\n')
  const location: GeoPoint = {
    latitude,
    longitude,
    ...defined({
      name: textAt(place, 'name') ?? (name || undefined),
      address: textAt(place, 'address') ?? (address || undefined),
    }),
  }
  return { type: 'location', text: '', location }
}

function cardsOf(item: Json): readonly Contact[] {
  const list = listAt(item, 'vcardList').map((card) => at(card, 'vcard'))
  return contactsOf(list.length > 0 ? list : [firstTextOf(item, ['body', 'content'])])
}

export function quotedOf(item: Json): ToldMessage['quoted'] | undefined {
  const quoted = ['quotedMsgObj', 'quotedMsg', 'quoted'].map((name) => at(item, name)).find(Boolean)
  const id =
    firstTextOf(item, ['quotedStanzaId', 'quotedStanzaID']) ??
    keyText(at(quoted, 'id')) ??
    keyText(at(quoted, 'messageId'))
  const isChat = typeOfWord(textAt(quoted, 'type') ?? '') === 'chat'
  const text =
    typeof quoted === 'string'
      ? quoted
      : (textAt(quoted, 'caption') ?? firstTextOf(quoted, isChat ? TEXT_FIELDS : BRIDGE_FIELDS))
  if (id === null && text === undefined) return undefined
  return defined({ id: id ?? undefined, text })
}
