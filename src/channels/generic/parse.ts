/**
 * Calls of anything that posts JSON: where things stand in them is told by the account's settings.
 *
 *   call → one message, or the elements of a list → message, own, ignored reaction
 *
 * A person is an address of WhatsApp, a phone, or any id of letters, digits and `. _ @ + -`. With a
 * list, what an element does not say of the person may stand in the call around it. Pure.
 */
import { PEER_PATTERN } from '../../conversation-key.ts'
import { RapidFireError } from '../../errors.ts'
import type { MessageType } from '../../message.ts'
import { messageTypeOf } from '../../message-type.ts'
import { readJid } from '../jid.ts'
import { isPlainObject } from '../own/json.ts'
import { defined } from '../read.ts'
import type { Told, ToldMessage, ToldPlace } from '../told.ts'
import { type Path, pathOf, valueAt, withValue } from './path.ts'

const NAMES = [
  'from',
  'to',
  'text',
  'id',
  'time',
  'name',
  'type',
  'fromMe',
  'author',
  'mediaUrl',
] as const
type Name = (typeof NAMES)[number]

/** Null for what no path is set for. */
export type Paths = Readonly<Record<Name | 'list', Path | null>>

/** What `rebuild` needs besides the call, since it knows no settings. */
export interface GenericOriginal {
  readonly call: unknown
  readonly textAt: Path
}

export function pathsOf(values: Readonly<Record<Name | 'list', string | null>>): Paths {
  const paths = [...NAMES, 'list' as const].map((name) => {
    const given = values[name]
    return [name, given === null ? null : pathOf(given)]
  })
  return Object.fromEntries(paths) as Paths
}

/** A list that stands alone is one of messages, also where no path says so. */
export function parseGeneric(body: unknown, paths: Paths, keepOriginal: boolean): readonly Told[] {
  if (!isPlainObject(body) && !Array.isArray(body)) {
    throw new RapidFireError('invalid_format', 'A call is a JSON object')
  }
  const list = paths.list ?? (Array.isArray(body) ? [] : null)
  const tell = (element: unknown, call: unknown, path: Path): Told => {
    const textAt = [...path, ...(paths.text ?? [])]
    const original: GenericOriginal | undefined = keepOriginal ? { call, textAt } : undefined
    return toldOf(element, body, paths, original)
  }
  if (list === null) return [tell(body, body, [])]
  const elements = valueAt(body, list)
  if (!Array.isArray(elements)) {
    throw new RapidFireError('invalid_format', `"${list.join('.')}" (GENERIC_LIST) is a list`)
  }
  return elements.map((element: unknown) =>
    tell(element, withValue(body, list, [element]), [...list, '0']),
  )
}

function toldOf(element: unknown, call: unknown, paths: Paths, original: unknown): Told {
  const of = (name: Name): unknown => {
    const path = paths[name]
    return path === null ? undefined : valueAt(element, path)
  }
  const ofPerson = (name: Name): unknown => {
    const path = paths[name]
    return of(name) ?? (path === null ? undefined : valueAt(call, path))
  }
  const isOwn = isTrue(of('fromMe'))
  const from = (isOwn ? ofPerson('to') : undefined) ?? ofPerson('from')
  const place = placeOf(from, ofPerson('author'))
  if (place === 'broadcast') return { kind: 'ignored', reason: 'broadcast', account: null }
  if (place === null) {
    const field = paths.from?.join('.') ?? 'from'
    return {
      kind: 'malformed',
      field,
      allowed: 'a phone or an id of letters, digits and . _ @ + -',
    }
  }
  const url = textOf(of('mediaUrl'))
  const text = textOf(of('text'))
  const type = typeOf(textOf(of('type')), url, text)
  if (type === 'chat' && text === undefined) {
    return { kind: 'malformed', field: paths.text?.join('.') ?? 'text', allowed: 'a text' }
  }
  const told: ToldMessage = {
    ...place,
    id: textOf(of('id')) ?? null,
    type,
    text: text ?? '',
    time: of('time'),
    ...defined({
      name: textOf(ofPerson('name')),
      media: url === undefined ? undefined : { url },
      original,
    }),
  }
  if (isOwn) {
    const { author: _, mentioned: __, name: ___, original: ____, ...own } = told
    return { kind: 'own', ...own, isReaction: type === 'reaction' }
  }
  if (type === 'reaction') return { kind: 'ignored', reason: 'reaction', ...told }
  return { kind: 'message', ...told }
}

/** A text that is not empty; a number counts as one. */
function textOf(given: unknown): string | undefined {
  if (typeof given === 'number' && Number.isFinite(given)) return String(given)
  return typeof given === 'string' && given !== '' ? given : undefined
}

const isTrue = (given: unknown): boolean =>
  given === true ||
  given === 1 ||
  given === '1' ||
  (typeof given === 'string' && /^true$/i.test(given))

/** Null where it names nobody. */
function placeOf(from: unknown, author: unknown): ToldPlace | 'broadcast' | null {
  const address = textOf(from)?.trim()
  if (address === undefined) return null
  const read = readJid(address)
  if (read.kind === 'status' || read.kind === 'broadcast') return 'broadcast'
  if (read.kind === 'person') return { peer: read.peer, address, account: null }
  if (read.kind === 'group') {
    const writer = personOf(textOf(author)?.trim() ?? '') ?? read.peer
    return { peer: read.peer, address, account: null, author: writer, mentioned: false }
  }
  const peer = personOf(address)
  return peer === null ? null : { peer, address, account: null }
}

/** `+7 (900) 123-45-67` is a phone, as people write it; what is neither is an id of its own. */
function personOf(address: string): string | null {
  const read = readJid(address)
  if (read.kind === 'person') return read.peer
  const digits = /^\+?[\d\s().-]+$/.test(address) ? address.replace(/\D/g, '') : ''
  if (/^[1-9]\d{6,14}$/.test(digits)) return digits
  return PEER_PATTERN.test(address) ? address : null
}

const ENDINGS: readonly (readonly [RegExp, MessageType])[] = [
  [/\.(?:jpe?g|png|gif|webp|heic)$/i, 'image'],
  [/\.(?:mp4|mov|webm|3gp)$/i, 'video'],
  [/\.(?:ogg|oga|opus)$/i, 'voice'],
  [/\.(?:mp3|m4a|wav|aac)$/i, 'audio'],
]

/**
 * A word that is no type of ours means nothing where there are words to read: calls have a `type` of
 * their own. A file of which nothing else is told is judged by the end of its address.
 */
function typeOf(word = '', url: string | undefined, text: string | undefined): MessageType {
  const named = messageTypeOf(word)
  // Nothing says which message it would change.
  const isKnown = named !== 'edit' && named !== 'revoke' && named !== 'unsupported'
  if (isKnown && named !== 'chat') return named
  if (url === undefined) return isKnown || text !== undefined ? 'chat' : 'unsupported'
  const path = URL.parse(url)?.pathname ?? url
  return ENDINGS.find(([ending]) => ending.test(path))?.[1] ?? 'document'
}
