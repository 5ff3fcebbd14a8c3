/**
 * Calls of WAHA: `{id, event, session, me, payload, engine}`. `id` is that of the event; the message
 * has its own. A message has no type: what it is follows from its fields. Its engines disagree on
 * `from` and `to` of our own messages, and `_data` is theirs alone, so no address is read from it.
 */
import { RapidFireError } from '../../errors.ts'
import type { MessageType } from '../../message.ts'
import { MEDIA_TYPES } from '../../message-type.ts'
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
import {
  addressOf,
  type Chat,
  chatOf,
  chatOfOwn,
  isService,
  keyText,
  peerOf,
  readKey,
  withAlias,
} from '../whatsapp/chat.ts'
import {
  type Circumstances,
  type Content,
  inGroup,
  tell,
  tellEdit,
  tellRevoke,
  UNSUPPORTED,
} from '../whatsapp/telling.ts'
import { contactsOf } from '../whatsapp/vcard.ts'
import { SYSTEM_TYPES, statusOfAck, typeOfMime, typeOfWord, typingOf } from '../whatsapp/words.ts'

export interface Call {
  readonly body: Json
  readonly payload: Json
  readonly account: string | null
  /** Peers that we are. */
  readonly us: readonly (string | undefined)[]
  readonly keepOriginal: boolean
}

export function parseWaha(given: unknown, keepOriginal: boolean): readonly Told[] {
  const body = objectAt(given)
  if (body === undefined) throw new RapidFireError('invalid_format', 'A call of WAHA is an object')
  const event = textAt(body, 'event')
  if (event === undefined) throw new RapidFireError('missing_fields', 'Missing: event')
  const account = idAt(body, 'session')
  const read = READERS.get(event)
  if (read === undefined) return [{ kind: 'ignored', reason: 'event', account }]
  const payload = objectAt(body, 'payload')
  if (payload === undefined) throw new RapidFireError('missing_fields', 'Missing: payload')
  const us = [peerOf(at(body, 'me', 'id')), peerOf(at(body, 'me', 'lid'))]
  return read({ body, payload, account, us, keepOriginal })
}

const READERS: ReadonlyMap<string, (call: Call) => readonly Told[]> = new Map([
  ['message', (call: Call) => [messageOf(call)]],
  ['message.any', (call: Call) => [messageOf(call)]],
  ['message.waiting', (call: Call) => [messageOf(call, 'undecrypted')]],
  ['message.reaction', (call: Call) => [messageOf(call, 'reaction')]],
  ['message.edited', (call: Call) => [editOf(call)]],
  ['message.revoked', (call: Call) => [revokeOf(call)]],
  ['message.ack', (call: Call) => [ackOf(call)]],
  ['message.ack.group', (call: Call) => [ackOf(call)]],
  ['presence.update', presencesOf],
])

function messageOf(call: Call, not?: 'undecrypted' | 'reaction'): Told {
  const said = readMessage(call, call.payload)
  if ('kind' in said) return said
  const reaction = said.told.type === 'reaction' ? 'reaction' : undefined
  return tell(said.told, { ...said, not: not ?? reaction ?? said.not })
}

function editOf(call: Call): Told {
  const said = readMessage(call, call.payload)
  if ('kind' in said) return said
  // Without the field the edit has the id of what it edits, as in WEBJS.
  return tellEdit(said.told, keyText(at(call.payload, 'editedMessageId')) ?? said.told.id, said)
}

function revokeOf(call: Call): Told {
  const { payload } = call
  const after = objectAt(payload, 'after')
  const before = objectAt(payload, 'before')
  const of = [at(payload, 'revokedMessageId'), at(before, 'id'), at(after, 'id')]
    .map(keyText)
    .find((id) => id !== null)
  const said = readMessage(call, after ?? before ?? payload)
  return 'kind' in said ? said : tellRevoke(said.told, of ?? null, said)
}

interface Said extends Circumstances {
  readonly told: ToldMessage
}

/** Throws `missing_fields` where nobody is named at all. */
function readMessage({ body, account, us, keepOriginal }: Call, message: Json): Said | Told {
  const id = keyText(at(message, 'id'))
  const isOwn = at(message, 'fromMe') === true || readKey(id)?.isOurs === true
  const chat = chatIn(message, id, isOwn, us)
  const content = contentOf(message)
  if (chat === null) {
    if (isService(at(message, 'from'))) return { kind: 'ignored', reason: 'system', account, id }
    return { kind: 'malformed', field: 'from', allowed: 'an address of WhatsApp' }
  }
  const told: ToldMessage = {
    ...placeOf(chat, message, id, { isOwn, us, text: content.text }),
    account,
    id,
    time: at(message, 'timestamp'),
    ...content,
    ...defined({
      name: nameOf(message),
      quoted: quotedOf(message),
      original: keepOriginal ? body : undefined,
    }),
  }
  return { told, chat, isOwn, not: notOf(message) }
}

function chatIn(message: Json, id: string | null, isOwn: boolean, us: Call['us']): Chat | null {
  const from = at(message, 'from')
  const to = at(message, 'to')
  if (addressOf(from) === null && readKey(id) === null) {
    throw new RapidFireError('missing_fields', 'Missing: payload.from')
  }
  return isOwn ? chatOfOwn({ from, to, id, us }) : chatOf(from ?? readKey(id)?.chat)
}

function placeOf(
  chat: Chat,
  message: Json,
  id: string | null,
  { isOwn, us, text }: { readonly isOwn: boolean; readonly us: Call['us']; readonly text: string },
): Omit<ToldPlace, 'account'> {
  const participant = at(message, 'participant')
  if (chat.kind === 'group') {
    const mentions = [...listAt(message, 'mentionedIds'), ...listAt(message, 'mentions')]
    const author = peerOf(participant) ?? peerOf(readKey(id)?.participant)
    return inGroup(chat, { author, mentions, text, us })
  }
  const isThem = !isOwn && !us.includes(peerOf(participant))
  return isThem ? withAlias(chat, participant) : { peer: chat.peer, address: chat.address }
}

const wordOf = (message: Json): string => textAt(message, '_data', 'type') ?? ''

/** Engines hand on what is no message; the word for it is theirs, so only what is known counts. */
function notOf(message: Json): 'undecrypted' | 'system' | undefined {
  const word = wordOf(message)
  if (word === 'ciphertext') return 'undecrypted'
  return SYSTEM_TYPES.has(word) ? 'system' : undefined
}

function contentOf(message: Json): Content {
  const reaction = objectAt(message, 'reaction')
  if (reaction !== undefined) return { type: 'reaction', text: textAt(reaction, 'text') ?? '' }
  const body = textAt(message, 'body') ?? ''
  const media = objectAt(message, 'media')
  const hasMedia = at(message, 'hasMedia') ?? media !== undefined
  if (hasMedia === true) return mediaOf(message, media, body)
  const latitude = numberAt(message, 'location', 'latitude')
  const longitude = numberAt(message, 'location', 'longitude')
  if (latitude !== undefined && longitude !== undefined) {
    // Beside a place the body is a picture of the map.
    return { type: 'location', text: '', location: { latitude, longitude, ...placeWords(message) } }
  }
  const cards = contactsOf(listAt(message, 'vCards'))
  if (cards.length > 0) return { type: 'contact', text: '', contacts: cards }
  return body === '' ? UNSUPPORTED : { type: 'chat', text: body }
}

/** `<name>\n<address>`, as WhatsApp Web writes it. */
function placeWords(message: Json): { name?: string; address?: string } {
  const location = at(message, 'location')
  const [name, address] = (textAt(location, 'description') ?? '').split('\n')
  return defined({
    name: textAt(location, 'name') ?? (name || undefined),
    address: textAt(location, 'address') ?? (address || undefined),
  })
}

/** `media` is null where WAHA did not fetch the file. */
function mediaOf(message: Json, media: Json | undefined, text: string): Content {
  const mimeType = textAt(media, 'mimetype')
  const file: ToldMedia = defined({
    url: textAt(media, 'url'),
    mimeType,
    fileName: textAt(media, 'filename'),
    base64: textAt(media, 'data'),
  })
  return { type: mediaType(mimeType, wordOf(message)), text, media: file }
}

function mediaType(mimeType: string | undefined, word: string): MessageType {
  const type = typeOfMime(mimeType)
  const named = typeOfWord(word)
  if (mimeType === undefined) return MEDIA_TYPES.has(named) ? named : 'document'
  // Not every engine names the codec.
  return type === 'audio' && named === 'voice' ? 'voice' : type
}

/** A courtesy only, so the engine's own word for it will do. */
function nameOf(message: Json): string | undefined {
  const data = at(message, '_data')
  return (
    firstTextOf(message, ['notifyName', 'pushName']) ??
    firstTextOf(data, ['notifyName', 'pushName']) ??
    textAt(data, 'Info', 'PushName')
  )
}

function quotedOf(message: Json): ToldMessage['quoted'] | undefined {
  const reply = objectAt(message, 'replyTo')
  if (reply === undefined) return undefined
  const quoted = defined({ id: keyText(at(reply, 'id')) ?? undefined, text: textAt(reply, 'body') })
  return quoted.id === undefined && quoted.text === undefined ? undefined : quoted
}

const ACK_NAMES: ReadonlyMap<string, number> = new Map([
  ['ERROR', -1],
  ['PENDING', 0],
  ['SERVER', 1],
  ['DEVICE', 2],
  ['READ', 3],
  ['PLAYED', 4],
])

function ackOf(call: Call): Told {
  const { payload, account, us } = call
  const id = keyText(at(payload, 'id'))
  const isOwn = at(payload, 'fromMe') === true || readKey(id)?.isOurs === true
  const chat = chatIn(payload, id, isOwn, us)
  const status = statusOfAck(
    numberAt(payload, 'ack') ?? ACK_NAMES.get(textAt(payload, 'ackName') ?? ''),
  )
  const place = { peer: chat?.peer ?? '', address: chat?.address ?? '', account }
  if (chat === null || id === null || status === null || !isOwn) {
    return { kind: 'ignored', reason: 'ack', ...place, id }
  }
  return { kind: 'status', ...place, id, status }
}

function presencesOf({ payload, account, us }: Call): readonly Told[] {
  const chat = chatOf(at(payload, 'id'))
  if (chat === null) {
    return [{ kind: 'malformed', field: 'payload.id', allowed: 'an address of WhatsApp' }]
  }
  const { peer, address } = chat
  const told = listAt(payload, 'presences').flatMap((presence): Told[] => {
    const word = textAt(presence, 'lastKnownPresence') ?? ''
    const who = peerOf(at(presence, 'participant'))
    // Being there says nothing of writing.
    const state = /^(?:available|unavailable)$/.test(word) ? null : typingOf(word)
    if (state === null || (who !== undefined && us.includes(who))) return []
    const isGroup = chat.kind === 'group'
    const inChat = isGroup ? { mentioned: false, ...defined({ author: who }) } : {}
    return [{ kind: 'typing', state, peer, address, account, ...inChat }]
  })
  return told.length > 0 ? told : [{ kind: 'ignored', reason: 'event', peer, address, account }]
}
