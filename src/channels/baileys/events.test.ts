import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import { baileys } from './index.ts'

const PHONE = '79001234567'
const CHAT = `${PHONE}@s.whatsapp.net`
const LID = '123456789012345@lid'
const GROUP = '120363000000000001@g.us'
const TIME = 1768467600
const US = '74950000001@s.whatsapp.net'

const tell = (event: string, data: unknown, keepOriginal = false) =>
  baileys.parse({ event, session: 'main', data }, { headers: {}, keepOriginal })
const one = (event: string, data: unknown): object => {
  const told = tell(event, data)
  assert.equal(told.length, 1)
  return told[0] ?? {}
}
const key = (more: object = {}) => ({ remoteJid: CHAT, fromMe: false, id: '3A01', ...more })
const PLACE = { peer: PHONE, address: CHAT, account: 'main' }
const upserted = (message: unknown, more: object = {}) =>
  one('messages.upsert', {
    messages: [{ key: key({ id: '3A13', ...more }), messageTimestamp: TIME, message }],
    type: 'notify',
  })
const updated = (update: unknown, more: object = {}) =>
  one('messages.update', [{ key: key(more), update }])

describe('an edit', () => {
  const change = (more: object = {}) => ({
    protocolMessage: {
      key: key({ remoteJid: US, fromMe: true }),
      type: 14,
      editedMessage: { conversation: 'поправила' },
      timestampMs: '1768467605000',
      ...more,
    },
  })
  const EDIT = {
    kind: 'edit',
    of: '3A01',
    ...PLACE,
    id: '3A13',
    time: TIME,
    type: 'chat',
    text: 'поправила',
  }

  it('has an id of its own, and theirs is the view inside', () => {
    assert.deepEqual(upserted(change()), EDIT)
  })
  it('is known by its name, and in a wrapper', () => {
    assert.deepEqual(upserted(change({ type: 'MESSAGE_EDIT' })), EDIT)
    assert.deepEqual(upserted(change({ type: '14' })), EDIT)
    assert.deepEqual(upserted({ editedMessage: { message: change() } }), EDIT)
  })
  it('is of a caption', () => {
    const editedMessage = { imageMessage: { caption: 'фото', url: 'https://mmg.whatsapp.net/x' } }
    assertHas(upserted(change({ editedMessage })), { kind: 'edit', type: 'image', text: 'фото' })
  })
  it('comes a second time as an update of the original', () => {
    const message = { editedMessage: { message: { conversation: 'поправила' } } }
    assert.deepEqual(updated({ message, messageTimestamp: TIME }), { ...EDIT, id: '3A01' })
    const whole = { editedMessage: { message: change() } }
    assertHas(updated({ message: whole }, { id: '3A13' }), { kind: 'edit', of: '3A01', id: '3A13' })
  })
  it('keeps the call around it', () => {
    const message = { editedMessage: { message: { conversation: 'поправила' } } }
    const item = { key: key(), update: { message } }
    const [told] = tell(
      'messages.update',
      [{ key: key(), update: { status: 4 } }, item].slice(1),
      true,
    )
    const original = { event: 'messages.update', session: 'main', data: [item] }
    assert.deepEqual(told && Reflect.get(told, 'original'), original)
  })
  it('is no concern of ours where we made it, or where nothing is said', () => {
    const event = { kind: 'ignored', reason: 'event', ...PLACE }
    assertHas(upserted(change(), { fromMe: true }), event)
    assertHas(upserted(change({ editedMessage: undefined })), event)
    assertHas(upserted(change({ key: undefined })), event)
    const message = { editedMessage: { message: { conversation: 'x' } } }
    assertHas(updated({ message }, { fromMe: true }), event)
  })
  it('stands in a group with its writer, and may name us', () => {
    const contextInfo = { mentionedJid: [US] }
    const editedMessage = { extendedTextMessage: { text: 'x', contextInfo } }
    const group = { remoteJid: GROUP, participant: CHAT, id: '3A13' }
    const item = { key: key(group), message: change({ editedMessage }) }
    const body = { event: 'messages.upsert', me: { id: US }, data: { messages: [item] } }
    const [told = {}] = baileys.parse(body, { headers: {}, keepOriginal: false })
    assertHas(told, { kind: 'edit', peer: GROUP, author: PHONE, mentioned: true, text: 'x' })
  })
})

describe('a deletion', () => {
  const REVOKE = { kind: 'revoke', of: '3A01', ...PLACE, id: '3A13' }
  for (const type of [0, '0', 'REVOKE']) {
    it(`is protocol message ${type}`, () => {
      const message = { protocolMessage: { key: key({ fromMe: true }), type } }
      assert.deepEqual(upserted(message), { ...REVOKE, time: TIME })
      assertHas(upserted(message, { fromMe: true }), { kind: 'ignored', reason: 'event' })
    })
  }
  it('comes a second time as an update without a message', () => {
    const update = { message: null, messageStubType: 1, key: key({ id: '3A13' }) }
    assert.deepEqual(updated(update), { ...REVOKE, time: undefined })
    assertHas(updated({ message: null }), { kind: 'revoke', of: '3A01', id: '3A01' })
    assertHas(updated({ message: null }, { fromMe: true }), { kind: 'ignored', reason: 'event' })
  })
  it('is no protocol message without a type', () => {
    assertHas(upserted({ protocolMessage: { key: key() } }), { kind: 'ignored', reason: 'event' })
  })
})

describe('an update', () => {
  const words: [unknown, string | null][] = [
    [0, 'failed'],
    [1, null],
    [2, 'sent'],
    [3, 'delivered'],
    [4, 'read'],
    [5, 'read'],
    ['SERVER_ACK', 'sent'],
    ['READ', 'read'],
  ]
  for (const [status, word] of words) {
    it(`tells of our message by status ${status}`, () => {
      const expected =
        word === null
          ? { kind: 'ignored', reason: 'ack', ...PLACE }
          : { kind: 'status', id: '3A01', status: word, ...PLACE }
      assertHas(updated({ status }, { fromMe: true }), expected)
      assertHas(updated({ status }), { kind: 'ignored', reason: 'ack', id: '3A01' })
    })
  }
  it('tells why it failed', () => {
    const update = { status: 0, messageStubParameters: ['463'] }
    assertHas(updated(update, { fromMe: true }), { status: 'failed', errorCode: 463 })
  })
  it('of votes is counted and no more', () => {
    assertHas(updated({ pollUpdates: [] }, { fromMe: true }), { kind: 'ignored', reason: 'event' })
    assertHas(updated(undefined), { kind: 'ignored', reason: 'event' })
  })
  it('may bring what was decrypted at last', () => {
    const expected = { kind: 'message', ...PLACE, id: '3A01', text: 'вот' }
    assertHas(updated({ message: { conversation: 'вот' } }), expected)
  })
  it('needs a chat', () => {
    assertHas(one('messages.update', [{ update: { status: 4 } }]), { kind: 'malformed' })
    assertHas(updated({ status: 4 }, { remoteJid: 'status@broadcast' }), { reason: 'status' })
  })
})

describe('a reaction of its own event', () => {
  const of = { remoteJid: CHAT, fromMe: true, id: '3EB0' }
  const reaction = (more: object) => [{ key: of, reaction: { text: '❤️', ...more } }]

  it('is theirs', () => {
    const given = reaction({ key: key({ id: '3A07' }) })
    const expected = { kind: 'ignored', reason: 'reaction', ...PLACE, id: '3A07', text: '❤️' }
    assertHas(one('messages.reaction', given), expected)
  })
  it('is ours', () => {
    const given = reaction({ key: key({ id: '3A07', fromMe: true }) })
    assertHas(one('messages.reaction', given), { kind: 'own', isReaction: true, ...PLACE })
  })
  it('does without a key of its own', () => {
    const expected = { kind: 'ignored', reason: 'reaction', ...PLACE, id: null }
    assertHas(one('messages.reaction', reaction({})), expected)
  })
})

describe('who is typing', () => {
  const typing = (presences: object, id = CHAT) => tell('presence.update', { id, presences })
  const states: [string, string][] = [
    ['composing', 'composing'],
    ['recording', 'recording'],
    ['paused', 'paused'],
    ['available', 'paused'],
    ['unavailable', 'paused'],
  ]
  for (const [lastKnownPresence, state] of states) {
    it(`is ${state} when ${lastKnownPresence}`, () => {
      const told = typing({ [CHAT]: { lastKnownPresence, lastSeen: 1 } })
      assert.deepEqual(told, [{ kind: 'typing', state, ...PLACE }])
    })
  }
  it('is told by either address', () => {
    const [told = {}] = typing({ [CHAT]: { lastKnownPresence: 'composing' } }, LID)
    assertHas(told, { peer: PHONE, address: LID, aliases: [LID] })
  })
  it('is each of a group', () => {
    const lastKnownPresence = 'composing'
    const told = typing({ [CHAT]: { lastKnownPresence }, [LID]: { lastKnownPresence } }, GROUP)
    assert.deepEqual(
      told.map((one) => Reflect.get(one, 'author')),
      [PHONE, LID],
    )
    assertHas(told[0] ?? {}, { kind: 'typing', peer: GROUP, address: GROUP })
  })
  it('is nobody', () => {
    assertHas(typing({})[0] ?? {}, { kind: 'ignored', reason: 'event' })
    assertHas(typing({ [CHAT]: {} })[0] ?? {}, { kind: 'ignored', reason: 'event' })
    const presences = { [CHAT]: { lastKnownPresence: 'composing' } }
    const [told = {}] = baileys.parse({ id: CHAT, presences }, { headers: {}, keepOriginal: false })
    assertHas(told, { kind: 'typing', peer: PHONE, account: null })
  })
})

describe('a call that is strangely changed', () => {
  const image = { imageMessage: { url: 'x', mimetype: 'image/jpeg', caption: 'x' }, base64: 'AAAA' }
  const contextInfo = { stanzaId: 'Q', participant: US, mentionedJid: [US], quotedMessage: image }
  const place = { degreesLatitude: 1, degreesLongitude: 2, name: 'x' }
  const contents = [
    { messageContextInfo: {}, conversation: 'x' },
    { ephemeralMessage: { message: { extendedTextMessage: { text: 'x', contextInfo } } } },
    image,
    { contactsArrayMessage: { contacts: [{ displayName: 'x', vcard: 'FN:x\nTEL:+7' }] } },
    { locationMessage: place },
    { listResponseMessage: { title: 'x', singleSelectReply: { selectedRowId: 'y' } } },
    { protocolMessage: { key: key(), type: 14, editedMessage: { conversation: 'x' } } },
    { protocolMessage: { key: key(), type: 0 } },
    { reactionMessage: { key: key(), text: 'x' } },
  ]
  const keys = [
    key(),
    key({ remoteJid: LID, remoteJidAlt: CHAT }),
    key({ remoteJid: GROUP, participant: LID, participantAlt: CHAT }),
  ]
  const upserts = contents.flatMap((message) =>
    keys.map((one) => ({
      event: 'messages.upsert',
      session: 'main',
      me: { id: US, lid: LID },
      data: { messages: [{ key: one, messageTimestamp: { low: TIME, high: 0 }, message }] },
    })),
  )
  const others = [
    { event: 'messages.update', data: [{ key: key(), update: { status: 4 } }] },
    {
      event: 'messages.update',
      data: [{ key: key(), update: { message: { editedMessage: { message: contents[0] } } } }],
    },
    { event: 'messages.reaction', data: [{ key: key(), reaction: { key: key(), text: 'x' } }] },
    {
      event: 'presence.update',
      data: { id: CHAT, presences: { [CHAT]: { lastKnownPresence: 'composing' } } },
    },
    { messages: [{ key: key(), message: contents[0] }], type: 'notify' },
    [{ key: key(), update: { message: null } }],
  ]
  it('tells something, or is refused', () => assertNothingBreaks(baileys, [...upserts, ...others]))
})
