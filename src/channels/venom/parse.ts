/**
 * Calls of bridges to venom-bot: the Message of `onMessage` alone, `{event, session, data}` as our
 * own bridge posts, or what others make of it: `{from, message}`, `{de, mensaje}`, `{messages: […]}`.
 * Many carry no id. Addresses and ids may be objects, as in WhatsApp Web. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import { at, defined, firstTextOf, idAt, type Json, listAt, objectAt, textAt } from '../read.ts'
import type { Told, ToldMessage, ToldPlace } from '../told.ts'
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
import { type Circumstances, inGroup, tell, tellEdit, tellRevoke } from '../whatsapp/telling.ts'
import { SYSTEM_TYPES, statusOfAck, typingOf } from '../whatsapp/words.ts'
import { contentOf, quotedOf, TEXT_FIELDS } from './content.ts'

interface Element {
  readonly item: Json
  readonly account: string | null
  /** `from` of a list's head, for elements that name nobody. */
  readonly inherited?: unknown
  /** Undefined unless it is wanted. */
  readonly original?: unknown
}

const accountOf = (body: Json): string | null =>
  idAt(body, 'session') ?? idAt(body, 'session_name') ?? idAt(body, 'sessionName')

export function parseVenom(given: unknown, keepOriginal: boolean): readonly Told[] {
  const body = objectAt(given)
  if (body === undefined) throw new RapidFireError('invalid_format', 'Invalid request format')
  const messages = at(body, 'messages')
  if (Array.isArray(messages)) return listOf(body, messages, keepOriginal)
  const account = accountOf(body)
  const event = textAt(body, 'event')
  const data = at(body, 'data')
  if (event !== undefined && data !== undefined) {
    return [eventOf(event, { data, account, original: keepOriginal ? body : undefined })]
  }
  if (isNameless(body) || !saysSomething(body)) {
    throw new RapidFireError('missing_fields', 'Missing required fields: from, message')
  }
  return [messageOf({ item: body, account, original: keepOriginal ? body : undefined })]
}

function listOf(body: Json, messages: readonly unknown[], keepOriginal: boolean): readonly Told[] {
  if (messages.length === 0) {
    throw new RapidFireError('missing_fields', 'Missing required fields: messages')
  }
  const account = accountOf(body)
  const inherited = whoIn(body) ?? whoIn(objectAt(messages[0]) ?? {})
  return messages.map((given): Told => {
    const item = objectAt(given)
    if (item === undefined) return { kind: 'malformed', field: 'messages', allowed: 'objects' }
    if (!saysSomething(item)) return { kind: 'malformed', field: 'message', allowed: 'a text' }
    const original = keepOriginal ? { ...body, messages: [item] } : undefined
    return messageOf({ item, account: accountOf(item) ?? account, inherited, original })
  })
}

interface EventCall {
  readonly data: unknown
  readonly account: string | null
  readonly original: unknown
}

/** Named after the callbacks of venom-bot. */
function eventOf(event: string, { data, account, original }: EventCall): Told {
  const item = objectAt(data) ?? {}
  const element = { item, account, original }
  switch (event) {
    case 'onMessage':
    case 'onAnyMessage':
    case 'message':
      return messageOf(element)
    case 'onMessageEdit':
      return editOf(element)
    case 'onMessageDelete':
      return revokeOf(element)
    case 'onMessageReaction':
      return reactionOf(element)
    case 'onChatState':
      return typingIn(element)
    case 'onAck':
      return ackOf(element)
    default:
      return { kind: 'ignored', reason: 'event', account }
  }
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

const whoIn = (item: Json): unknown => [at(item, 'from'), at(item, 'de')].find(isPresent)

const isNameless = (item: Json): boolean =>
  ![whoIn(item), at(item, 'chatId'), at(item, 'to')].some(isPresent)

/** A text, or a type, or a file: else it is no message of any bridge. */
function saysSomething(item: Json): boolean {
  const names = [...TEXT_FIELDS, 'caption', 'type', 'media', 'mediaUrl', 'base64', 'mimetype']
  return names.some((name) => at(item, name) !== undefined && at(item, name) !== null)
}

const idOf = (item: Json): string | null =>
  keyText(at(item, 'messageId')) ?? keyText(at(item, 'id'))

function messageOf(element: Element): Told {
  if (textAt(element.item, 'type') === 'revoked') return revokeOf(element)
  const said = readMessage(element)
  return 'kind' in said ? said : tell(said.told, said)
}

/** The same id with another text. */
function editOf(element: Element): Told {
  const said = readMessage(element)
  return 'kind' in said ? said : tellEdit(said.told, said.told.id, said)
}

function revokeOf(element: Element): Told {
  const said = readMessage(element)
  return 'kind' in said ? said : tellRevoke(said.told, said.told.id, said)
}

interface Said extends Circumstances {
  readonly told: ToldMessage
}

function readMessage({ item, account, inherited, original }: Element): Said | Told {
  const id = idOf(item)
  const isOwn = isOurs(item, id)
  const chat = chatIn(item, id, isOwn, inherited)
  if (chat === null) {
    if (isService(whoIn(item))) return { kind: 'ignored', reason: 'system', account, id }
    return { kind: 'malformed', field: 'from', allowed: 'an address of WhatsApp or a phone' }
  }
  const wrong = TEXT_FIELDS.find((name) => isPresent(at(item, name)) && !isText(at(item, name)))
  if (wrong !== undefined) return { kind: 'malformed', field: wrong, allowed: 'a text' }
  const content = contentOf(item)
  const told: ToldMessage = {
    ...placeOf(chat, item, id, { isOwn, text: content.text }),
    account,
    id,
    time: [at(item, 'timestamp'), at(item, 't')].find(isPresent),
    ...content,
    ...defined({
      name:
        firstTextOf(item, ['notifyName', 'name', 'pushName']) ?? textAt(item, 'sender', 'pushname'),
      quoted: quotedOf(item),
      original,
    }),
  }
  return { told, chat, isOwn, isBroadcast: at(item, 'broadcast') === true, not: notOf(item) }
}

const isText = (value: unknown): boolean => typeof value === 'string'

const isOurs = (item: Json, id: string | null): boolean =>
  at(item, 'fromMe') === true ||
  at(item, 'id', 'fromMe') === true ||
  at(item, 'self') === 'out' ||
  readKey(id)?.isOurs === true

function chatIn(item: Json, id: string | null, isOwn: boolean, inherited: unknown): Chat | null {
  const from = whoIn(item) ?? (isOwn ? undefined : inherited)
  const chatId = chatOf(at(item, 'chatId'))
  if (isOwn) {
    const to = [at(item, 'to'), at(item, 'chatId')].find((one) => addressOf(one) !== null)
    // `from` is us here, whatever else stands there.
    const us = to === undefined && readKey(id) === null ? [] : [chatOf(from)?.peer]
    return chatOfOwn({ from, to, id, us })
  }
  // Some bridges give the writer in `from` and the group beside it.
  return chatId?.kind === 'group' ? chatId : isPresent(from) ? chatOf(from) : chatId
}

function placeOf(
  chat: Chat,
  item: Json,
  id: string | null,
  { isOwn, text }: { readonly isOwn: boolean; readonly text: string },
): Omit<ToldPlace, 'account'> {
  const sender = at(item, 'sender', 'id')
  if (chat.kind !== 'group') {
    return isOwn ? { peer: chat.peer, address: chat.address } : withAlias(chat, sender)
  }
  const author = [at(item, 'author'), whoIn(item), readKey(id)?.participant, sender]
    .map(peerOf)
    .find((peer) => peer !== undefined)
  const us = [peerOf(at(item, isOwn ? 'from' : 'to'))]
  const mentions = [...listAt(item, 'mentionedJidList'), ...listAt(item, 'mentionedIds')]
  return inGroup(chat, { author, mentions, text, us })
}

function notOf(item: Json): Circumstances['not'] {
  const type = textAt(item, 'type') ?? ''
  if (type === 'ciphertext') return 'undecrypted'
  if (type === 'reaction') return 'reaction'
  return at(item, 'isNotification') === true || SYSTEM_TYPES.has(type) ? 'system' : undefined
}

function reactionOf({ item, account }: Element): Told {
  const id = idOf(item)
  const key = readKey(id)
  const parent = keyText(at(item, 'reactionParentKey'))
  const isOwn = isOurs(item, id)
  const author = [at(item, 'author'), at(item, 'senderUserJid'), at(item, 'from')]
    .map(peerOf)
    .find((peer) => peer !== undefined)
  const chat = [key?.chat, at(item, 'id', 'remote'), readKey(parent)?.chat, at(item, 'from')]
    .map(chatOf)
    .find((one) => one !== null)
  if (chat === undefined) {
    return { kind: 'malformed', field: 'id', allowed: 'id of a reaction' }
  }
  const words = { author, mentions: [], text: '', us: [] }
  const told: ToldMessage = {
    ...(chat.kind === 'group' ? inGroup(chat, words) : { peer: chat.peer, address: chat.address }),
    account,
    id,
    time: [at(item, 'reactionTimestamp'), at(item, 'timestamp'), at(item, 't')].find(isPresent),
    type: 'reaction',
    text: textAt(item, 'reactionText') ?? '',
  }
  return tell(told, { chat, isOwn, not: 'reaction' })
}

/** `{id, isGroup, isUser, type}`: what somebody does in a chat with us. */
function typingIn({ item, account }: Element): Told {
  const chat = chatOf(at(item, 'id')) ?? chatOf(at(item, 'chatId')) ?? chatOf(at(item, 'from'))
  if (chat === null) return { kind: 'malformed', field: 'id', allowed: 'an address of WhatsApp' }
  const { peer, address } = chat
  const state = typingOf(textAt(item, 'type') ?? textAt(item, 'state') ?? '')
  if (state === null || (chat.kind !== 'person' && chat.kind !== 'group')) {
    return { kind: 'ignored', reason: 'event', peer, address, account }
  }
  return {
    kind: 'typing',
    state,
    peer,
    address,
    account,
    ...(chat.kind === 'group' && { mentioned: false }),
  }
}

function ackOf({ item, account }: Element): Told {
  const id = idOf(item)
  const isOwn = isOurs(item, id)
  const remote = at(item, 'id', 'remote') ?? readKey(id)?.chat
  const chat = chatOf(remote) ?? chatOf(at(item, isOwn ? 'to' : 'from'))
  const status = statusOfAck(at(item, 'ack'))
  const place = { peer: chat?.peer ?? '', address: chat?.address ?? '', account }
  if (chat === null || id === null || status === null || !isOwn) {
    return { kind: 'ignored', reason: 'ack', ...place, id }
  }
  return { kind: 'status', ...place, id, status }
}
