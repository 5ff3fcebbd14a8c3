/**
 * Calls of wwebjs-api: `{dataType, data, sessionId}`, where `data.message` is the Message of
 * whatsapp-web.js. A message with a file comes up to three times with one id: as `message`, as
 * `message_create`, and as `media`, which brings the file. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import { MEDIA_TYPES } from '../../message-type.ts'
import { at, defined, idAt, type Json, listAt, numberAt, objectAt, textAt } from '../read.ts'
import type { Told, ToldMedia, ToldMessage } from '../told.ts'
import {
  addressOf,
  type Chat,
  chatOf,
  chatOfOwn,
  isService,
  keyText,
  peerOf,
  readKey,
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
import { SYSTEM_TYPES, statusOfAck, typeOfMime, typeOfWord } from '../whatsapp/words.ts'

interface Call {
  readonly body: Json
  readonly data: Json
  readonly account: string | null
  readonly keepOriginal: boolean
}

export function parseWwebjs(given: unknown, keepOriginal: boolean): readonly Told[] {
  const body = objectAt(given)
  if (body === undefined) {
    throw new RapidFireError('invalid_format', 'A call of wwebjs-api is an object')
  }
  const dataType = textAt(body, 'dataType')
  if (dataType === undefined) throw new RapidFireError('missing_fields', 'Missing: dataType')
  const account = idAt(body, 'sessionId')
  const read = READERS.get(dataType)
  if (read === undefined) return [{ kind: 'ignored', reason: 'event', account }]
  return [read({ body, data: objectAt(body, 'data') ?? {}, account, keepOriginal })]
}

const READERS: ReadonlyMap<string, (call: Call) => Told> = new Map([
  ['message', messageOf],
  ['message_create', messageOf],
  ['media', messageOf],
  ['message_ciphertext', (call: Call) => messageOf(call, 'undecrypted')],
  ['message_edit', editOf],
  ['message_revoke_everyone', revokeOf],
  ['message_reaction', reactionOf],
  ['message_ack', ackOf],
])

function messageOf(call: Call, not?: 'undecrypted'): Told {
  const message = messageIn(call)
  if (textAt(message, 'type') === 'revoked') return revokeOf(call)
  const said = readMessage(call, message)
  return 'kind' in said ? said : tell(said.told, { ...said, not: not ?? said.not })
}

/** The same id, and the new text beside the message. */
function editOf(call: Call): Told {
  const said = readMessage(call, messageIn(call))
  if ('kind' in said) return said
  const text = textAt(call.data, 'newBody') ?? said.told.text
  return tellEdit({ ...said.told, text }, said.told.id, said)
}

function revokeOf(call: Call): Told {
  const message = messageIn(call)
  const said = readMessage(call, message)
  if ('kind' in said) return said
  const before = keyText(at(call.data, 'before', 'id'))
  const of = keyText(at(message, 'protocolMessageKey')) ?? before ?? said.told.id
  return tellRevoke(said.told, of, said)
}

/** What was taken back may stand in `after`, as the library itself names it. */
function messageIn({ data }: Call): Json {
  const message = objectAt(data, 'message') ?? objectAt(data, 'after')
  if (message === undefined) throw new RapidFireError('missing_fields', 'Missing: data.message')
  return message
}

interface Said extends Circumstances {
  readonly told: ToldMessage
}

const isOurs = (message: Json, id: string | null): boolean =>
  at(message, 'fromMe') === true ||
  at(message, 'id', 'fromMe') === true ||
  readKey(id)?.isOurs === true

/** Throws `missing_fields` where nobody is named at all. */
function readMessage({ body, data, account, keepOriginal }: Call, message: Json): Said | Told {
  const id = keyText(at(message, 'id'))
  const isOwn = isOurs(message, id)
  const chat = chatIn(message, id, isOwn)
  if (chat === null) {
    if (isService(at(message, 'from'))) return { kind: 'ignored', reason: 'system', account, id }
    return { kind: 'malformed', field: 'from', allowed: 'an address of WhatsApp' }
  }
  const content = contentOf(message, objectAt(data, 'messageMedia'))
  const author =
    peerOf(at(message, 'author')) ??
    peerOf(at(message, 'id', 'participant')) ??
    peerOf(readKey(id)?.participant)
  const us = [peerOf(at(message, isOwn ? 'from' : 'to'))]
  const mentions = listAt(message, 'mentionedIds')
  const words = { author, mentions, text: content.text, us }
  const told: ToldMessage = {
    ...(chat.kind === 'group' ? inGroup(chat, words) : { peer: chat.peer, address: chat.address }),
    account,
    id,
    time: at(message, 'timestamp'),
    ...content,
    ...defined({
      name: textAt(message, '_data', 'notifyName'),
      quoted: quotedOf(message),
      original: keepOriginal ? body : undefined,
    }),
  }
  const isBroadcast = at(message, 'broadcast') === true
  return { told, chat, isOwn, isBroadcast, not: notOf(message) }
}

function chatIn(message: Json, id: string | null, isOwn: boolean): Chat | null {
  const from = at(message, 'from')
  const remote = at(message, 'id', 'remote') ?? readKey(id)?.chat
  if (addressOf(from) === null && addressOf(remote) === null) {
    throw new RapidFireError('missing_fields', 'Missing: data.message.from')
  }
  if (at(message, 'isStatus') === true) return chatOf('status@broadcast')
  if (!isOwn) return chatOf(from ?? remote)
  // `from` is us here, whatever else stands there.
  return chatOfOwn({ from, to: at(message, 'to') ?? remote, id, us: [chatOf(from)?.peer] })
}

function notOf(message: Json): Circumstances['not'] {
  const type = textAt(message, 'type') ?? ''
  if (type === 'ciphertext') return 'undecrypted'
  if (type === 'reaction') return 'reaction'
  return SYSTEM_TYPES.has(type) ? 'system' : undefined
}

function contentOf(message: Json, file: Json | undefined): Content {
  const word = textAt(message, 'type') ?? ''
  const type = typeOfWord(word)
  const body = textAt(message, 'body') ?? ''
  const payload = choiceOf(message)
  if (word === 'reaction') return { type: 'reaction', text: body }
  if (MEDIA_TYPES.has(type) || file !== undefined) {
    const media = mediaOf(message, file)
    return { type: MEDIA_TYPES.has(type) ? type : typeOfMime(media.mimeType), text: body, media }
  }
  if (payload !== undefined) {
    return {
      type: at(message, 'selectedRowId') === payload ? 'list' : 'button',
      text: body,
      payload,
    }
  }
  switch (type) {
    case 'chat':
    case 'button':
    case 'list':
      return { type, text: body }
    case 'location':
      return locationOf(message)
    case 'contact':
      return { type, text: '', contacts: contactsOf(listAt(message, 'vCards')) }
    case 'order':
      // The body of an order is a picture.
      return { type, text: textAt(message, 'title') ?? '' }
    default:
      return UNSUPPORTED
  }
}

const choiceOf = (message: Json): string | undefined =>
  textAt(message, 'selectedButtonId') ?? textAt(message, 'selectedRowId')

function mediaOf(message: Json, file: Json | undefined): ToldMedia {
  const data = at(message, '_data')
  return defined({
    base64: textAt(file, 'data'),
    mimeType: textAt(file, 'mimetype') ?? textAt(data, 'mimetype'),
    fileName: textAt(file, 'filename') ?? textAt(data, 'filename'),
  })
}

function locationOf(message: Json): Content {
  const location = at(message, 'location')
  const latitude = numberAt(location, 'latitude')
  const longitude = numberAt(location, 'longitude')
  if (latitude === undefined || longitude === undefined) return UNSUPPORTED
  const [name, address] = (textAt(location, 'description') ?? '').split('\n')
  const words = defined({
    name: textAt(location, 'name') ?? (name || undefined),
    address: textAt(location, 'address') ?? (address || undefined),
  })
  return { type: 'location', text: '', location: { latitude, longitude, ...words } }
}

/** Only the raw data has it; the body of a file is a picture, so its caption counts. */
function quotedOf(message: Json): ToldMessage['quoted'] | undefined {
  const data = at(message, '_data')
  const quoted = objectAt(data, 'quotedMsg')
  const id = keyText(at(data, 'quotedStanzaID')) ?? keyText(at(quoted, 'id')) ?? undefined
  const isChat = (textAt(quoted, 'type') ?? 'chat') === 'chat'
  const text = textAt(quoted, 'caption') ?? (isChat ? textAt(quoted, 'body') : undefined)
  if (id === undefined && text === undefined) return undefined
  return defined({ id, text })
}

function reactionOf({ data, account }: Call): Told {
  const reaction = objectAt(data, 'reaction')
  if (reaction === undefined) throw new RapidFireError('missing_fields', 'Missing: data.reaction')
  const id = keyText(at(reaction, 'id'))
  const key = readKey(id)
  const sender = at(reaction, 'senderId')
  const remote = at(reaction, 'id', 'remote') ?? at(reaction, 'msgId', 'remote') ?? key?.chat
  const chat = chatOf(remote) ?? chatOf(sender)
  if (chat === null) {
    return { kind: 'malformed', field: 'senderId', allowed: 'an address of WhatsApp' }
  }
  const isOwn = at(reaction, 'id', 'fromMe') === true || key?.isOurs === true
  const author = peerOf(sender)
  const words = { author, mentions: [], text: '', us: [] }
  const told: ToldMessage = {
    ...(chat.kind === 'group' ? inGroup(chat, words) : { peer: chat.peer, address: chat.address }),
    account,
    id,
    time: at(reaction, 'timestamp'),
    type: 'reaction',
    text: textAt(reaction, 'reaction') ?? '',
  }
  return tell(told, { chat, isOwn, not: 'reaction' })
}

function ackOf({ data, account }: Call): Told {
  const message = objectAt(data, 'message') ?? {}
  const id = keyText(at(message, 'id'))
  const isOwn = isOurs(message, id)
  const remote = at(message, 'id', 'remote') ?? readKey(id)?.chat
  const chat = chatOf(remote) ?? chatOf(at(message, isOwn ? 'to' : 'from'))
  const status = statusOfAck(at(data, 'ack') ?? at(message, 'ack'))
  const place = { peer: chat?.peer ?? '', address: chat?.address ?? '', account }
  if (chat === null || id === null || status === null || !isOwn) {
    return { kind: 'ignored', reason: 'ack', ...place, id }
  }
  return { kind: 'status', ...place, id, status }
}
