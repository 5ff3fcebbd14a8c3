/**
 * Calls of Z-API. `type` names the callback; of a received message no field says what it is, so that
 * follows from which object is there (`text`, `image`, `audio` …). `momment` is ms. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import { at, defined, idAt, type Json, listAt, objectAt, textAt } from '../read.ts'
import type { Told, ToldMessage, ToldPlace } from '../told.ts'
import { addressOf, type Chat, chatOf, isService, peerOf, withAlias } from '../whatsapp/chat.ts'
import { type Circumstances, inGroup, tell, tellEdit, tellRevoke } from '../whatsapp/telling.ts'
import { typingOf } from '../whatsapp/words.ts'
import { contentOf } from './content.ts'

export function parseZapi(given: unknown, keepOriginal: boolean): readonly Told[] {
  const body = objectAt(given)
  if (body === undefined) throw new RapidFireError('invalid_format', 'A call of Z-API is an object')
  const type = textAt(body, 'type')
  if (type === undefined) throw new RapidFireError('missing_fields', 'Missing: type')
  switch (type.toLowerCase()) {
    case 'receivedcallback':
      return [messageOf(body, keepOriginal)]
    case 'messagestatuscallback':
      return statusesOf(body)
    case 'deliverycallback':
      return [deliveryOf(body)]
    case 'presencechatcallback':
      return [typingIn(body)]
    default:
      return [{ kind: 'ignored', reason: 'event', account: accountOf(body) }]
  }
}

const accountOf = (body: Json): string | null => idAt(body, 'instanceId')

/** Groups are `<id>-group`, or of old `<phone>-<time>`; all else is an address of WhatsApp. */
function chatIn(body: Json): Chat | null {
  const phone = at(body, 'phone')
  const address = addressOf(phone)
  if (address === null) return null
  if (at(body, 'isNewsletter') === true) return { kind: 'broadcast', peer: address, address }
  const isGroup = at(body, 'isGroup') === true || /^\d+-(?:group|\d+)$/.test(address)
  // Only what can be kept as an address: letters, digits and a few signs.
  if (isGroup && /^[A-Za-z0-9.@-]+$/.test(address)) return { kind: 'group', peer: address, address }
  return isGroup ? null : chatOf(phone)
}

function messageOf(body: Json, keepOriginal: boolean): Told {
  const account = accountOf(body)
  const id = idAt(body, 'messageId')
  if (addressOf(at(body, 'phone')) === null) {
    throw new RapidFireError('missing_fields', 'Missing: phone')
  }
  const chat = chatIn(body)
  if (chat === null) {
    if (isService(at(body, 'phone'))) return { kind: 'ignored', reason: 'system', account, id }
    return { kind: 'malformed', field: 'phone', allowed: 'a phone in digits, or a group' }
  }
  const isOwn = at(body, 'fromMe') === true || at(body, 'fromApi') === true
  const content = contentOf(body)
  const told: ToldMessage = {
    ...placeOf(chat, body, { isOwn, text: content.text }),
    account,
    id,
    time: at(body, 'momment') ?? at(body, 'moment'),
    ...content,
    ...defined({
      name: textAt(body, 'senderName') ?? textAt(body, 'chatName'),
      quoted: quotedOf(body),
      referral: referralOf(body),
      original: keepOriginal ? body : undefined,
    }),
  }
  return toldOf(body, told, { chat, isOwn, isBroadcast: at(body, 'broadcast') === true })
}

function toldOf(body: Json, told: ToldMessage, circumstances: Circumstances): Told {
  const notification = textAt(body, 'notification')
  if (at(body, 'waitingMessage') === true || notification === 'CIPHERTEXT') {
    return tell(told, { ...circumstances, not: 'undecrypted' })
  }
  if (notification === 'REVOKE') {
    return tellRevoke(told, idAt(body, 'referenceMessageId') ?? told.id, circumstances)
  }
  if (notification !== undefined) return tell(told, { ...circumstances, not: 'system' })
  if (objectAt(body, 'pinMessage') !== undefined)
    return tell(told, { ...circumstances, not: 'event' })
  if (told.type === 'reaction') return tell(told, { ...circumstances, not: 'reaction' })
  // The same id with another text.
  if (at(body, 'isEdit') === true) return tellEdit(told, told.id, circumstances)
  return tell(told, circumstances)
}

function placeOf(
  chat: Chat,
  body: Json,
  { isOwn, text }: { readonly isOwn: boolean; readonly text: string },
): Omit<ToldPlace, 'account'> {
  if (chat.kind === 'group') {
    const author = peerOf(at(body, 'participantPhone')) ?? peerOf(at(body, 'participantLid'))
    const mentions = [...listAt(body, 'mentioned'), ...listAt(body, 'text', 'mentioned')]
    return inGroup(chat, { author, mentions, text, us: [peerOf(at(body, 'connectedPhone'))] })
  }
  // Of a message of ours the sender is us.
  const other = isOwn ? at(body, 'chatLid') : (at(body, 'senderLid') ?? at(body, 'chatLid'))
  return withAlias(chat, other)
}

function quotedOf(body: Json): ToldMessage['quoted'] | undefined {
  const id = idAt(body, 'referenceMessageId')
  return id === null ? undefined : { id }
}

function referralOf(body: Json): ToldMessage['referral'] | undefined {
  const ad = objectAt(body, 'externalAdReply')
  if (ad === undefined) return undefined
  return defined({
    sourceId: textAt(ad, 'sourceId'),
    sourceUrl: textAt(ad, 'sourceUrl'),
    headline: textAt(ad, 'title'),
  })
}

type Status = Extract<Told, { kind: 'status' }>['status']

/** READ_BY_ME and READ-SELF are ours of theirs, and tell nothing of our message. */
const STATUS: ReadonlyMap<string, Status> = new Map([
  ['SENT', 'sent'],
  ['RECEIVED', 'delivered'],
  ['READ', 'read'],
  ['PLAYED', 'read'],
])

function statusesOf(body: Json): readonly Told[] {
  const place = withoutChat(body)
  const status = STATUS.get((textAt(body, 'status') ?? '').toUpperCase())
  const list = listAt(body, 'ids')
  const ids = (list.length > 0 ? list : [at(body, 'id'), at(body, 'messageId')])
    .map((id) => idAt(id))
    .filter((id) => id !== null)
  if (ids.length === 0) return [{ kind: 'ignored', reason: 'ack', ...place }]
  return ids.map((id): Told => {
    if (status === undefined) return { kind: 'ignored', reason: 'ack', ...place, id }
    return { kind: 'status', ...place, id, status }
  })
}

/** What became of a send that was taken before: with `error` it did not go out. */
function deliveryOf(body: Json): Told {
  const place = withoutChat(body)
  const id = idAt(body, 'messageId') ?? idAt(body, 'zaapId')
  if (id === null) return { kind: 'ignored', reason: 'ack', ...place }
  const hasFailed = textAt(body, 'error') !== undefined
  return { kind: 'status', ...place, id, status: hasFailed ? 'failed' : 'sent' }
}

function withoutChat(body: Json): ToldPlace {
  const chat = chatIn(body)
  return { peer: chat?.peer ?? '', address: chat?.address ?? '', account: accountOf(body) }
}

function typingIn(body: Json): Told {
  const account = accountOf(body)
  const chat = chatIn(body)
  if (chat === null) {
    return { kind: 'malformed', field: 'phone', allowed: 'a phone in digits, or a group' }
  }
  const { peer, address } = chat
  const state = typingOf(textAt(body, 'status') ?? '')
  if (state === null || chat.kind === 'status' || chat.kind === 'broadcast') {
    return { kind: 'ignored', reason: 'event', peer, address, account }
  }
  if (chat.kind === 'group') {
    const author = peerOf(at(body, 'participantPhone')) ?? peerOf(at(body, 'participantLid'))
    return {
      kind: 'typing',
      state,
      peer,
      address,
      account,
      mentioned: false,
      ...defined({ author }),
    }
  }
  return { kind: 'typing', state, ...withAlias(chat, at(body, 'senderLid')), account }
}
