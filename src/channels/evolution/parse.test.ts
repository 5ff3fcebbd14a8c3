import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import { RapidFireError } from '../../errors.ts'
import { evolution } from './index.ts'

const PHONE = '79001234567'
const CHAT = `${PHONE}@s.whatsapp.net`
const LID = '123456789012345@lid'
const GROUP = '120363000000000001@g.us'
const US = '74950000001@s.whatsapp.net'
const TIME = 1768467600

const tell = (body: unknown, keepOriginal = false) =>
  evolution.parse(body, { headers: {}, keepOriginal })
const call = (event: string, data: unknown) => ({
  event,
  instance: 'salon',
  data,
  destination: 'https://gateway.example/webhook/evolution',
  date_time: '2026-01-15T12:00:00.123Z',
  sender: US,
  server_url: 'http://evolution:8080',
  apikey: null,
})
const one = (event: string, data: unknown): object => {
  const told = tell(call(event, data))
  assert.equal(told.length, 1)
  return told[0] ?? {}
}
const key = (more: object = {}) => ({ remoteJid: CHAT, fromMe: false, id: '3A01', ...more })
const item = (more: object = {}) => ({
  key: key(),
  pushName: 'Анна',
  status: 'DELIVERY_ACK',
  message: { conversation: 'Привет' },
  contextInfo: null,
  messageType: 'conversation',
  messageTimestamp: TIME,
  instanceId: '5f0c7b1e-0000-4000-8000-000000000001',
  source: 'ios',
  ...more,
})
const upsert = (more: object = {}) => one('messages.upsert', item(more))
const PLACE = { peer: PHONE, address: CHAT, account: 'salon' }
const EVENT = { kind: 'ignored', reason: 'event' }

describe('a message of Evolution API', () => {
  it('is a text', () => {
    assert.deepEqual(upsert(), {
      kind: 'message',
      ...PLACE,
      id: '3A01',
      time: TIME,
      name: 'Анна',
      type: 'chat',
      text: 'Привет',
    })
  })
  for (const event of ['MESSAGES_UPSERT', 'messages-upsert', 'messages.upsert']) {
    it(`comes as ${event}`, () => assertHas(one(event, item()), { kind: 'message', ...PLACE }))
  }
  it('comes in a list in old builds', () => {
    const two = [item(), item({ key: key({ id: '3A02' }) })]
    for (const data of [two, { messages: two }]) {
      assert.deepEqual(
        tell(call('messages.upsert', data)).map((told) => Reflect.get(told, 'id')),
        ['3A01', '3A02'],
      )
    }
  })
  it('quotes beside a plain text (v2), and inside of the content (v1)', () => {
    const contextInfo = { stanzaId: 'Q', quotedMessage: { conversation: 'В 14:00?' } }
    const quoted = { id: 'Q', text: 'В 14:00?' }
    assertHas(upsert({ contextInfo }), { text: 'Привет', quoted })
    const message = { extendedTextMessage: { text: 'да', contextInfo } }
    const v1 = {
      message,
      contextInfo: undefined,
      owner: 'salon',
      messageType: 'extendedTextMessage',
    }
    assertHas(upsert(v1), { text: 'да', quoted })
  })
  it('brings the file, or where it lies', () => {
    const audioMessage = { mimetype: 'audio/ogg; codecs=opus', ptt: true }
    const mimeType = audioMessage.mimetype
    const url = 'https://s3.example/evolution/1.oga'
    assertHas(upsert({ message: { audioMessage, base64: 'T2dn' } }), {
      type: 'voice',
      text: '',
      media: { mimeType, base64: 'T2dn' },
    })
    assertHas(upsert({ message: { audioMessage, mediaUrl: url } }), { media: { mimeType, url } })
    const heard = { audioMessage, speechToText: '[audio] запишите меня' }
    assertHas(upsert({ message: heard }), { type: 'voice', text: 'запишите меня' })
    const image = { imageMessage: { caption: 'фото' }, speechToText: '[audio] нет' }
    assertHas(upsert({ message: image }), { type: 'image', text: 'фото' })
  })
  it('is opened where Evolution does not', () => {
    const message = { ephemeralMessage: { message: { imageMessage: { caption: 'в' } } } }
    assertHas(upsert({ message, messageType: 'ephemeralMessage' }), { type: 'image', text: 'в' })
  })
  it('names both addresses in every version', () => {
    const both = { peer: PHONE, aliases: [LID] }
    const later = key({ remoteJid: LID, remoteJidAlt: CHAT, addressingMode: 'lid' })
    assertHas(upsert({ key: later }), { ...both, address: LID })
    const between = key({ previousRemoteJid: LID, senderPn: CHAT })
    assertHas(upsert({ key: between }), { ...both, address: CHAT })
    assertHas(upsert({ key: key({ remoteJid: LID }) }), { peer: LID, aliases: undefined })
  })
  it('stands in a group with its writer, and may name us', () => {
    const inGroup = key({ remoteJid: GROUP, participant: LID, participantAlt: CHAT })
    const place = { kind: 'message', peer: GROUP, address: GROUP, author: PHONE }
    assertHas(upsert({ key: inGroup }), { ...place, mentioned: false, aliases: undefined })
    const named = upsert({ key: inGroup, contextInfo: { mentionedJid: [US] } })
    assertHas(named, { ...place, mentioned: true })
    assertHas(upsert({ key: inGroup, contextInfo: { participant: US } }), { mentioned: true })
  })
  it('is ours from the phone and through the API', () => {
    const own = { kind: 'own', isReaction: false, ...PLACE, text: 'Привет', name: undefined }
    assertHas(upsert({ key: key({ fromMe: true }) }), own)
    assertHas(one('send.message', item({ key: key({ fromMe: true }), pushName: 'Você' })), own)
    assertHas(one('SEND_MESSAGE', item()), own)
  })
  it('keeps the call around it', () => {
    const body = call('messages.upsert', item())
    const [told = {}] = tell(body, true)
    assertHas(told, { original: body })
  })
})

describe('a change that Evolution API tells of', () => {
  const edited = (more: object = {}) => ({
    key: key({ fromMe: true }),
    type: 'MESSAGE_EDIT',
    editedMessage: { conversation: 'поправила' },
    timestampMs: '1768467604000',
    ...more,
  })
  const EDIT = { kind: 'edit', of: '3A01', id: '3A01', ...PLACE, time: '1768467604000' }

  it('is an edit', () => {
    assert.deepEqual(one('messages.edited', edited()), { ...EDIT, type: 'chat', text: 'поправила' })
    const editedMessage = { extendedTextMessage: { text: 'и это' } }
    assertHas(one('MESSAGES_EDITED', edited({ type: 14, editedMessage })), {
      ...EDIT,
      text: 'и это',
    })
  })
  it('is an edit in an upsert', () => {
    const told = upsert({ key: key({ id: '3A13' }), message: { protocolMessage: edited() } })
    assertHas(told, { ...EDIT, id: '3A13', time: TIME, text: 'поправила' })
  })
  it('is an edit with the message around it', () => {
    const message = { protocolMessage: edited() }
    assertHas(one('messages.edited', item({ key: key({ id: '3A13' }), message })), { of: '3A01' })
  })
  it('is a deletion', () => {
    for (const type of ['REVOKE', 0]) {
      const data = { key: key({ fromMe: true }), type }
      assertHas(one('messages.edited', data), { kind: 'revoke', of: '3A01', ...PLACE })
    }
    assertHas(one('messages.delete', key()), { kind: 'revoke', of: '3A01', ...PLACE })
  })
  it('is of no concern', () => {
    const expiry = { key: key(), type: 'EPHEMERAL_SETTING', ephemeralExpiration: 86400 }
    assertHas(one('messages.edited', expiry), EVENT)
    assertHas(one('messages.delete', key({ fromMe: true })), EVENT)
    assertHas(one('messages.delete', { ...item(), status: 'DELETED' }), EVENT)
    assertHas(one('messages.delete', key({ remoteJid: 'status@broadcast' })), EVENT)
  })
  it('is of nobody where the chat is ourselves, which is the view of the other side', () => {
    const data = edited({ key: key({ remoteJid: US, fromMe: true }) })
    assertHas(one('messages.edited', data), { kind: 'ignored', reason: 'unknown' })
  })
})

describe('what became of a message', () => {
  const flat = (status: string, more: object = {}) => ({
    keyId: 'BAE5',
    remoteJid: CHAT,
    fromMe: true,
    participant: CHAT,
    status,
    instanceId: 'x',
    messageId: 'cmfyo0000000000000000001',
    ...more,
  })
  const words: [string, string | null][] = [
    ['ERROR', 'failed'],
    ['PENDING', null],
    ['SERVER_ACK', 'sent'],
    ['DELIVERY_ACK', 'delivered'],
    ['READ', 'read'],
    ['PLAYED', 'read'],
  ]
  for (const [word, status] of words) {
    it(`${word} is ${status ?? 'nothing yet'}`, () => {
      const ack = { kind: 'ignored', reason: 'ack', id: 'BAE5', ...PLACE }
      const expected = status === null ? ack : { kind: 'status', id: 'BAE5', status, ...PLACE }
      assertHas(one('messages.update', flat(word)), expected)
      assertHas(one('messages.update', flat(word, { fromMe: false })), ack)
    })
  }
  it('DELETED is an edit that another event tells of', () => {
    assertHas(one('messages.update', flat('DELETED')), { ...EVENT, id: 'BAE5' })
  })
  it('comes with a key in some builds', () => {
    const mine = key({ fromMe: true, id: 'BAE5' })
    const expected = { kind: 'status', id: 'BAE5', status: 'read', ...PLACE }
    assertHas(one('messages.update', { key: mine, update: { status: 4 } }), expected)
    assertHas(one('messages.update', [{ key: mine, status: 'READ' }]), expected)
    const message = { editedMessage: { message: { conversation: 'x' } } }
    const edit = { kind: 'edit', of: '3A01', text: 'x' }
    assertHas(one('messages.update', { key: key(), update: { message } }), edit)
    assertHas(one('messages.update', { status: 'READ' }), { kind: 'malformed' })
  })
})

describe('what else Evolution API tells', () => {
  it('who is typing', () => {
    const presences = { [CHAT]: { lastKnownPresence: 'composing' } }
    const expected = { kind: 'typing', state: 'composing', ...PLACE }
    assert.deepEqual(one('presence.update', { id: CHAT, presences }), expected)
  })
  const others = ['connection.update', 'qrcode.updated', 'contacts.update', 'messages.set', 'call']
  for (const event of [...others, 'CHATS_UPSERT', 'labels.edit', 'send.message.update']) {
    it(`${event} is counted and no more`, () => {
      const expected = { ...EVENT, account: 'salon' }
      assert.deepEqual(tell(call(event, { state: 'open' })), [expected])
      assert.deepEqual(tell({ event, instance: 'salon' }), [expected])
    })
  }
  it('what could not be decrypted, and stories', () => {
    assertHas(upsert({ message: undefined }), { kind: 'ignored', reason: 'undecrypted' })
    const story = key({ remoteJid: 'status@broadcast', participant: CHAT })
    const expected = { kind: 'ignored', reason: 'status', peer: 'status@broadcast', text: 'Привет' }
    assertHas(upsert({ key: story }), expected)
    const message = { reactionMessage: { key: key(), text: '❤️' } }
    assertHas(upsert({ message }), { kind: 'ignored', reason: 'reaction', text: '❤️' })
  })
  const refused: [string, unknown, string][] = [
    ['nothing', null, 'invalid_format'],
    ['a list', [], 'invalid_format'],
    ['no event', { instance: 'salon', data: item() }, 'invalid_format'],
    ['no data', { event: 'messages.upsert', instance: 'salon' }, 'missing_fields'],
    ['data that is a text', call('messages.update', 'x'), 'missing_fields'],
    ['no presence', call('presence.update', null), 'missing_fields'],
  ]
  for (const [name, body, code] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => tell(body),
        (error) => error instanceof RapidFireError && error.code === code,
      )
    })
  }
  it('names an element without a chat', () => {
    const malformed = { kind: 'malformed', field: 'key.remoteJid' }
    assertHas(upsert({ key: undefined }), malformed)
    assertHas(one('messages.edited', { type: 'REVOKE' }), malformed)
    assertHas(one('messages.delete', {}), malformed)
    assertHas(one('messages.update', {}), malformed)
  })
})

describe('a call that is strangely changed', () => {
  const contextInfo = { stanzaId: 'Q', mentionedJid: [US], quotedMessage: { conversation: 'x' } }
  const protocol = { key: key(), type: 14, editedMessage: { conversation: 'x' }, timestampMs: '1' }
  const presences = { [CHAT]: { lastKnownPresence: 'composing' } }
  const samples = [
    call('messages.upsert', item({ contextInfo })),
    call('messages.upsert', item({ key: key({ remoteJid: GROUP, participant: LID }) })),
    call('messages.upsert', item({ message: { audioMessage: { ptt: true }, base64: 'T2dn' } })),
    call('send.message', item({ key: key({ fromMe: true }) })),
    call('messages.edited', protocol),
    call('messages.delete', key()),
    call('messages.update', { keyId: 'B', remoteJid: CHAT, fromMe: true, status: 'READ' }),
    call('messages.update', { key: key(), update: { message: null } }),
    call('presence.update', { id: CHAT, presences }),
  ]
  it('tells something, or is refused', () => assertNothingBreaks(evolution, samples))
})
