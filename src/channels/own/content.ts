/** What one element of our own format says: type, text, media, name, quoted text. Pure. */
import type { ErrorCode } from '../../errors.ts'
import type { Media, Message, MessageType } from '../../message.ts'
import { MEDIA_TYPES, messageTypeOf } from '../../message-type.ts'
import { field, isPlainObject } from './json.ts'

export interface Refusal {
  readonly field: string
  readonly code: ErrorCode
  readonly allowed: string
}

export type Content = Pick<Message, 'type' | 'text' | 'media' | 'name' | 'quoted'>

const TEXT_ALLOWED = 'text with at least one visible character'
const MAX_NAME_CHARACTERS = 256
const MAX_URL_CHARACTERS = 2048
/** Anything but blanks (U+2800 is one that Unicode calls a symbol), controls and what is never drawn. */
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u
/** Some bridges put the file itself, or a small JPEG of it or of a map, where others put the caption. */
const BASE64_FILE = /^(?:\/9j\/[A-Za-z0-9+/]{60,}|[A-Za-z0-9+/]{200,})={0,2}$/

const JPEG = /^\/9j\/[A-Za-z0-9+/]{60,}={0,2}$/

export function contentOf(item: Record<string, unknown>): Content | Refusal {
  const given = field(item, 'type') ?? (isPicture(item) ? 'image' : 'chat')
  if (typeof given !== 'string') {
    return { field: 'type', code: 'invalid_type', allowed: 'a word, for example chat or image' }
  }
  const media = mediaOf(item)
  const type = typeOf(messageTypeOf(given), media)
  const text = textOf(item, type)
  if (typeof text !== 'string') return text
  if (type === 'chat' && !VISIBLE.test(text)) {
    return { field: textField(item), code: 'invalid_text', allowed: TEXT_ALLOWED }
  }
  const name = firstText(item, ['name', 'notifyName', 'pushName'])
  const quoted = quotedOf(item)
  return {
    type,
    text: VISIBLE.test(text) ? clean(text) : '',
    ...(media && { media }),
    ...(name !== undefined && { name: clean(name).slice(0, MAX_NAME_CHARACTERS).toWellFormed() }),
    ...(quoted !== undefined && { quoted: clean(quoted) }),
  }
}

/** What a bridge makes of a picture that knows texts alone. */
function isPicture(item: Record<string, unknown>): boolean {
  const text = field(item, textField(item))
  return typeof text === 'string' && JPEG.test(text)
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** A file that nobody named a type for is still more than a chat line. */
function typeOf(type: MessageType, media: Media | undefined): MessageType {
  if (type !== 'chat' || !media) return type
  const kind = media.mimeType?.split('/')[0]
  return kind === 'image' || kind === 'video' || kind === 'audio' ? kind : 'document'
}

function textField(item: Record<string, unknown>): string {
  const present = (name: string) => (field(item, name) ?? null) !== null
  return ['message', 'body', 'text', 'caption'].find(present) ?? 'message'
}

function textOf(item: Record<string, unknown>, type: MessageType): string | Refusal {
  const caption = field(item, 'caption')
  if (MEDIA_TYPES.has(type) && typeof caption === 'string') return caption
  const name = textField(item)
  const text = field(item, name) ?? ''
  if (typeof text !== 'string') return { field: name, code: 'invalid_text', allowed: TEXT_ALLOWED }
  const mayBePicture = MEDIA_TYPES.has(type) || type === 'location'
  return mayBePicture && BASE64_FILE.test(text) ? '' : text
}

function firstText(item: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = field(item, name)
    if (typeof value === 'string' && VISIBLE.test(value)) return value
  }
  return undefined
}

function quotedOf(item: Record<string, unknown>): string | undefined {
  const quoted = field(item, 'quoted') ?? field(item, 'quotedMsg')
  if (isPlainObject(quoted)) return firstText(quoted, ['body', 'text', 'message'])
  return firstText(item, ['quoted'])
}

function mediaOf(item: Record<string, unknown>): Media | undefined {
  const nested = field(item, 'media')
  const source = isPlainObject(nested) ? nested : item
  const url = webAddress(firstText(source, ['url', 'mediaUrl']) ?? firstText(item, ['mediaUrl']))
  const mimeType = firstText(source, ['mimeType', 'mimetype'])
  const fileName = firstText(source, ['fileName', 'filename'])
  if (url === undefined && mimeType === undefined && fileName === undefined) return undefined
  return {
    ...(url !== undefined && { url }),
    ...(mimeType !== undefined && { mimeType: clean(mimeType).slice(0, 128).toWellFormed() }),
    ...(fileName !== undefined && {
      fileName: clean(fileName).slice(0, MAX_NAME_CHARACTERS).toWellFormed(),
    }),
  }
}

/** Where a file may be fetched from one day: the web alone, and without a password in the address. */
function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_URL_CHARACTERS) return undefined
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  return url.username === '' && url.password === '' ? url.href : undefined
}
