/**
 * Notifications of Green-API: one each, named by `typeWebhook`.
 *
 *   incomingMessageReceived       → message, edit, revoke, ignored reaction
 *   outgoing[API]MessageReceived  → own; nothing else in it tells them apart
 *   outgoingMessageStatus         → status
 *   everything else               → ignored
 *
 * It repeats what was refused every minute for a day, and holds all others back meanwhile. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import { readJid } from '../jid.ts'
import { at, defined, firstTextOf, idAt, type Json, listAt, objectAt, textAt } from '../read.ts'
import type { Told, ToldMessage, ToldPlace } from '../told.ts'
import { chosenFrom, contentOf, quotedText } from './content.ts'

const CHAT: Told = {
  kind: 'malformed',
  field: 'senderData.chatId',
  allowed: '79001234567@c.us, …@lid or …@g.us',
}
/** Stands in the place of a text that could not be decrypted. */
const UNDECRYPTED = /^\{\{SWE\d{3}\}\}$/

export function parseGreenapi(body: unknown, keepOriginal: boolean): readonly Told[] {
  const call = objectAt(body)
  if (call === undefined) {
    throw new RapidFireError('invalid_format', 'A notification of Green-API is an object')
  }
  const account = idAt(call, 'instanceData', 'idInstance')
  switch (textAt(call, 'typeWebhook')) {
    case undefined:
      throw new RapidFireError('missing_fields', 'A notification of Green-API has a typeWebhook')
    case 'incomingMessageReceived':
      return [incomingOf(call, account, keepOriginal)]
    case 'outgoingMessageReceived':
    case 'outgoingAPIMessageReceived':
      return [ownOf(call, account)]
    case 'outgoingMessageStatus':
      return [statusOf(call, account)]
    default:
      return [{ kind: 'ignored', reason: 'event', account }]
  }
}

/** Where it was said; a broadcast comes as `broadcast`, and null is nobody. */
function placeOf(call: Json, account: string | null): ToldPlace | 'broadcast' | null {
  const address = textAt(call, 'senderData', 'chatId') ?? ''
  const read = readJid(address)
  if (read.kind === 'unknown') return null
  if (read.kind === 'status' || read.kind === 'broadcast') return 'broadcast'
  const place = { peer: read.peer, address, account }
  if (read.kind === 'person') return place
  const sender = readJid(textAt(call, 'senderData', 'sender'))
  const author = sender.kind === 'person' ? sender.peer : read.peer
  return { ...place, author, mentioned: isMentioned(call) }
}

/** Nothing says so but the text itself, or a message of ours that is answered. */
function isMentioned(call: Json): boolean {
  const own = readJid(textAt(call, 'instanceData', 'wid'))
  if (own.kind !== 'person') return false
  const data = at(call, 'messageData')
  const quoted = readJid(textAt(data, 'quotedMessage', 'participant'))
  if (quoted.kind === 'person' && quoted.peer === own.peer) return true
  return new RegExp(`@${own.peer}(?!\\d)`).test(contentOf(data).text)
}

function toldOf(call: Json, place: ToldPlace): ToldMessage {
  const data = at(call, 'messageData')
  return {
    ...place,
    id: idAt(call, 'idMessage'),
    time: at(call, 'timestamp'),
    ...contentOf(data),
    ...defined({
      name: firstTextOf(at(call, 'senderData'), ['senderName', 'senderContactName']),
      quoted: quotedOf(data),
    }),
  }
}

function quotedOf(data: unknown): ToldMessage['quoted'] | undefined {
  const own = at(data, 'quotedMessage')
  const id = textAt(own, 'stanzaId') ?? chosenFrom(data)
  const quoted = defined({ id, text: quotedText(own) })
  return Object.keys(quoted).length === 0 ? undefined : quoted
}

function incomingOf(call: Json, account: string | null, keepOriginal: boolean): Told {
  const place = placeOf(call, account)
  if (place === null) return CHAT
  if (place === 'broadcast') return { kind: 'ignored', reason: 'broadcast', account }
  const told = {
    ...toldOf(call, place),
    ...defined({ original: keepOriginal ? call : undefined }),
  }
  const data = at(call, 'messageData')
  switch (textAt(data, 'typeMessage')) {
    case undefined:
      return { kind: 'malformed', field: 'messageData.typeMessage', allowed: 'a type of message' }
    case 'reactionMessage':
      return { kind: 'ignored', reason: 'reaction', ...told }
    case 'editedMessage': {
      const of = textAt(data, 'editedMessageData', 'stanzaId')
      return of === undefined ? noStanza('editedMessageData') : { kind: 'edit', of, ...told }
    }
    case 'deletedMessage': {
      const of = textAt(data, 'deletedMessageData', 'stanzaId')
      if (of === undefined) return noStanza('deletedMessageData')
      return { kind: 'revoke', of, ...place, id: told.id, time: told.time }
    }
    case 'pollUpdateMessage':
      return voteOf(told, call, place)
  }
  if (UNDECRYPTED.test(told.text)) return { kind: 'ignored', reason: 'undecrypted', ...told }
  return { kind: 'message', ...told }
}

const noStanza = (field: string): Told => ({
  kind: 'malformed',
  field: `messageData.${field}.stanzaId`,
  allowed: 'id of the message that is changed',
})

/** Polls serve as buttons here: a vote is what its voter says, and one taken back is nothing. */
function voteOf(told: ToldMessage, call: Json, { peer, author = peer }: ToldPlace): Told {
  const poll = at(call, 'messageData', 'pollMessageData')
  const isTheirs = (voter: unknown): boolean => {
    const read = readJid(voter)
    return read.kind === 'person' && read.peer === author
  }
  const chosen = listAt(poll, 'votes')
    .filter((vote) => listAt(vote, 'optionVoters').some(isTheirs))
    .map((vote) => textAt(vote, 'optionName') ?? '')
    .filter((name) => name !== '')
  if (chosen.length === 0) return { kind: 'ignored', reason: 'event', ...told }
  const quoted = defined({ id: textAt(poll, 'stanzaId'), text: textAt(poll, 'name') })
  return { kind: 'message', ...told, type: 'button', text: chosen.join(', '), quoted }
}

/** The chat is whom it was written to; `sender` is us. */
function ownOf(call: Json, account: string | null): Told {
  const place = placeOf(call, account)
  if (place === null) return CHAT
  if (place === 'broadcast') return { kind: 'ignored', reason: 'broadcast', account }
  const { author: _, mentioned: __, ...chat } = place
  const { name: ___, ...told } = toldOf(call, chat)
  switch (textAt(call, 'messageData', 'typeMessage')) {
    case 'editedMessage':
      return { kind: 'own', ...told, type: 'edit', isReaction: false }
    case 'deletedMessage':
      return { kind: 'own', ...told, type: 'revoke', text: '', isReaction: false }
  }
  return { kind: 'own', ...told, isReaction: told.type === 'reaction' }
}

const STATUS: ReadonlyMap<string, 'sent' | 'delivered' | 'read' | 'failed'> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'read'],
  ['failed', 'failed'],
  ['noAccount', 'failed'],
  ['notInGroup', 'failed'],
  ['noActiveSession', 'failed'],
  // Sending is suspended, for what WhatsApp takes for spam.
  ['yellowCard', 'failed'],
])

function statusOf(call: Json, account: string | null): Told {
  const id = idAt(call, 'idMessage')
  const status = STATUS.get(textAt(call, 'status') ?? '')
  const address = textAt(call, 'chatId') ?? textAt(call, 'senderData', 'chatId') ?? ''
  const read = readJid(address)
  const peer = read.kind === 'person' || read.kind === 'group' ? read.peer : ''
  const place = { peer, address, account }
  if (id === null || status === undefined)
    return { kind: 'ignored', reason: 'status', ...place, id }
  return { kind: 'status', ...place, id, status }
}
