import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { RapidFireError } from '../../errors.ts'
import { baileys } from './index.ts'

const PHONE = '79001234567'
const CHAT = `${PHONE}@s.whatsapp.net`
const LID = '123456789012345@lid'
const GROUP = '120363000000000001@g.us'
const TIME = 1768467600

const tell = (body: unknown, keepOriginal = false) =>
  baileys.parse(body, { headers: {}, keepOriginal })
const call = (event: string, data: unknown, more: object = {}) => ({
  event,
  session: 'main',
  data,
  ...more,
})
const key = (more: object = {}) => ({ remoteJid: CHAT, fromMe: false, id: '3A01', ...more })
const item = (more: object = {}) => ({
  key: key(),
  messageTimestamp: TIME,
  pushName: 'Анна',
  message: { conversation: 'Привет' },
  ...more,
})
const upsert = (items: readonly unknown[], more: object = {}) =>
  call('messages.upsert', { messages: items, type: 'notify' }, more)
const one = (body: unknown): object => {
  const told = tell(body)
  assert.equal(told.length, 1)
  return told[0] ?? {}
}
const MESSAGE = {
  kind: 'message',
  peer: PHONE,
  address: CHAT,
  account: 'main',
  id: '3A01',
  time: TIME,
  name: 'Анна',
  type: 'chat',
  text: 'Привет',
}

describe('a call of a Baileys bridge', () => {
  const notify = { messages: [item()], type: 'notify' }
  const envelopes: Record<string, [unknown, string | null]> = {
    'with a name': [call('messages.upsert', notify), 'main'],
    'in capitals': [call('MESSAGES_UPSERT', notify), 'main'],
    'with dashes': [call('messages-upsert', notify), 'main'],
    'that was written while we were away': [
      call('messages.upsert', { ...notify, type: 'append' }),
      'main',
    ],
    'with a bare list': [call('messages.upsert', [item()]), 'main'],
    'with one message': [call('messages.upsert', item()), 'main'],
    'as Baileys gives it': [notify, null],
    'as Baileys gives all events': [{ 'messages.upsert': notify }, null],
    'of one message alone': [item(), null],
  }
  for (const [name, [body, account]] of Object.entries(envelopes)) {
    it(name, () => assert.deepEqual(tell(body), [{ ...MESSAGE, account }]))
  }

  it('tells each of several, and which cannot be read', () => {
    const told = tell(upsert([item(), { message: { conversation: 'x' } }, null, item()]))
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['message', 'malformed', 'malformed', 'message'],
    )
  })
  it('keeps the call around each message, where it is wanted', () => {
    const second = item({ key: key({ id: '3A02' }) })
    const body = upsert([item(), second])
    const [, told] = tell(body, true)
    assert.deepEqual(told && Reflect.get(told, 'original'), upsert([second]))
    assert.equal(Object.hasOwn(tell(body)[1] ?? {}, 'original'), false)
  })
  for (const event of ['messaging-history.set', 'connection.update', 'messages.delete', 'call']) {
    it(`counts ${event} and no more`, () => {
      const expected = { kind: 'ignored', reason: 'event', account: 'main' }
      assert.deepEqual(tell(call(event, { keys: [key()] })), [expected])
    })
  }
  const refused: [string, unknown, string][] = [
    ['nothing', null, 'invalid_format'],
    ['a text', 'x', 'invalid_format'],
    ['an object of another kind', { a: 1 }, 'invalid_format'],
    ['no data', call('messages.upsert', undefined), 'missing_fields'],
    ['data without messages', call('messages.upsert', { type: 'notify' }), 'missing_fields'],
    ['no updates', call('messages.update', {}), 'missing_fields'],
    ['no presence', call('presence.update', []), 'missing_fields'],
  ]
  for (const [name, body, code] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => tell(body),
        (error) => error instanceof RapidFireError && error.code === code,
      )
    })
  }
})

describe('whose chat it is', () => {
  const OTHER = { peer: PHONE, aliases: [LID] }
  const table: Record<string, [object, object]> = {
    'a phone': [{}, { peer: PHONE, address: CHAT, aliases: undefined }],
    'a phone of a device': [
      { remoteJid: `${PHONE}:12@s.whatsapp.net` },
      { peer: PHONE, address: `${PHONE}:12@s.whatsapp.net` },
    ],
    'a LID alone': [{ remoteJid: LID }, { peer: LID, address: LID, aliases: undefined }],
    'a LID with its phone (7.x)': [
      { remoteJid: LID, remoteJidAlt: CHAT },
      { ...OTHER, address: LID },
    ],
    'a phone with its LID (7.x)': [{ remoteJidAlt: LID }, { ...OTHER, address: CHAT }],
    'a LID with its phone (6.7)': [
      { remoteJid: LID, senderPn: CHAT },
      { ...OTHER, address: LID },
    ],
    'a phone with its LID (6.7)': [{ senderLid: LID }, { ...OTHER, address: CHAT }],
    'a phone that was a LID (Evolution)': [
      { previousRemoteJid: LID, senderPn: CHAT },
      { ...OTHER, address: CHAT },
    ],
    'two phones are two people': [
      { remoteJidAlt: '79000000001@s.whatsapp.net' },
      { peer: PHONE, aliases: undefined },
    ],
    'a hosted phone': [
      { remoteJid: `${PHONE}@hosted` },
      { peer: PHONE, address: `${PHONE}@hosted` },
    ],
    'a hosted LID': [
      { remoteJid: '123456789012345:99@hosted.lid', remoteJidAlt: CHAT },
      { ...OTHER, address: '123456789012345:99@hosted.lid' },
    ],
    stories: [{ remoteJid: 'status@broadcast', participant: CHAT }, { reason: 'status' }],
    'a list': [{ remoteJid: '1700000000@broadcast' }, { reason: 'broadcast' }],
    'a newsletter': [{ remoteJid: '1203@newsletter' }, { reason: 'broadcast' }],
    'a machine of Meta': [{ remoteJid: '867051314767696@bot' }, { reason: 'broadcast' }],
    'WhatsApp itself': [{ remoteJid: '0@s.whatsapp.net' }, { reason: 'system' }],
    'an unknown kind': [{ remoteJid: '1@holograph' }, { reason: 'unknown' }],
    'no chat': [{ remoteJid: undefined }, { kind: 'malformed' }],
    'no person': [{ remoteJid: 'Анна@s.whatsapp.net' }, { kind: 'malformed' }],
  }
  for (const [name, [more, expected]] of Object.entries(table)) {
    it(name, () => {
      assertHas(one(upsert([item({ key: key(more) })])), {
        ...('reason' in expected && { kind: 'ignored', text: 'Привет', type: 'chat', id: '3A01' }),
        ...expected,
      })
    })
  }

  it('is their chat too when we wrote, and the sender is us then', () => {
    const own = { remoteJid: LID, fromMe: true, senderPn: '74950000001@s.whatsapp.net' }
    assertHas(one(upsert([item({ key: key(own) })])), { kind: 'own', peer: LID, name: undefined })
    const alt = { ...own, remoteJidAlt: CHAT }
    const expected = { kind: 'own', isReaction: false, peer: PHONE, aliases: [LID], text: 'Привет' }
    assertHas(one(upsert([item({ key: key(alt) })])), expected)
    const ours = { ...own, remoteJidAlt: '74950000001@s.whatsapp.net' }
    const me = { id: '74950000001:3@s.whatsapp.net', lid: '999999999999999:3@lid' }
    assertHas(one(upsert([item({ key: key(ours) })], { me })), { peer: LID, aliases: undefined })
  })
  it('is nobody to answer where it was written to a list', () => {
    const told = one(upsert([item({ broadcast: true })]))
    assertHas(told, { kind: 'ignored', reason: 'broadcast', text: 'Привет' })
  })
})

describe('a group', () => {
  const me = { id: '74950000001:3@s.whatsapp.net', lid: '999999999999999:3@lid' }
  const inGroup = (more: object, contextInfo: object = {}) =>
    one(
      upsert(
        [
          item({
            key: key({ remoteJid: GROUP, ...more }),
            message: { extendedTextMessage: { text: 'x', contextInfo } },
          }),
        ],
        { me },
      ),
    )
  const authors: Record<string, [object, string | undefined]> = {
    'by phone': [{ participant: CHAT }, PHONE],
    'by LID': [{ participant: LID }, LID],
    'by both (7.x)': [{ participant: LID, participantAlt: CHAT }, PHONE],
    'by both, the other way': [{ participant: CHAT, participantAlt: LID }, PHONE],
    'by both (6.7)': [{ participant: LID, participantPn: CHAT }, PHONE],
    'by nobody': [{}, undefined],
  }
  for (const [name, [more, author]] of Object.entries(authors)) {
    it(`was written ${name}`, () => {
      const place = { kind: 'message', peer: GROUP, address: GROUP, author, mentioned: false }
      assertHas(inGroup(more), { ...place, aliases: undefined })
    })
  }
  it('says who wrote beside the key in old versions', () => {
    const given = item({ key: key({ remoteJid: GROUP }), participant: CHAT })
    assertHas(one(upsert([given])), { author: PHONE })
  })
  it('names us by either address, or answers us', () => {
    const by = (context: object) =>
      Reflect.get(inGroup({ participant: CHAT }, context), 'mentioned')
    assert.equal(by({ mentionedJid: ['74950000001@s.whatsapp.net'] }), true)
    assert.equal(by({ mentionedJid: [LID, '999999999999999@lid'] }), true)
    assert.equal(by({ participant: '74950000001@s.whatsapp.net', stanzaId: 'Q' }), true)
    assert.equal(by({ mentionedJid: [CHAT], participant: CHAT }), false)
  })
  it('is where we wrote, without a writer', () => {
    const own = inGroup({ fromMe: true, participant: '74950000001@s.whatsapp.net' })
    assertHas(own, { kind: 'own', peer: GROUP, author: undefined, mentioned: undefined })
  })
})

describe('what says nothing', () => {
  const table: Record<string, [object, string]> = {
    'what could not be decrypted': [{ message: undefined, messageStubType: 2 }, 'undecrypted'],
    'the same by name': [{ message: undefined, messageStubType: 'CIPHERTEXT' }, 'undecrypted'],
    'the same as text': [{ message: undefined, messageStubType: '2' }, 'undecrypted'],
    'no message': [{ message: undefined }, 'undecrypted'],
    'an empty message': [{ message: {} }, 'undecrypted'],
    'a place holder': [{ message: { placeholderMessage: { type: 0 } } }, 'undecrypted'],
    'who joined': [{ message: undefined, messageStubType: 27 }, 'system'],
    'keys alone': [{ message: { senderKeyDistributionMessage: {} } }, 'system'],
    'a call': [{ message: { call: { callKey: 'x' } } }, 'system'],
    'a vote': [{ message: { pollUpdateMessage: { vote: {} } } }, 'event'],
    'a pin': [{ message: { pinInChatMessage: {} } }, 'event'],
    'the cover of an album': [{ message: { albumMessage: { expectedImageCount: 2 } } }, 'event'],
    'keys of the app': [{ message: { protocolMessage: { type: 5 } } }, 'event'],
    'an expiry that was set': [
      { message: { protocolMessage: { key: key(), type: 'EPHEMERAL_SETTING' } } },
      'event',
    ],
    'a reaction': [{ message: { reactionMessage: { key: key(), text: '❤️' } } }, 'reaction'],
    'an encrypted reaction': [{ message: { encReactionMessage: { encPayload: 'x' } } }, 'reaction'],
  }
  for (const [name, [more, reason]] of Object.entries(table)) {
    it(name, () => {
      const place = { peer: PHONE, address: CHAT, id: '3A01', time: TIME }
      assertHas(one(upsert([item(more)])), { kind: 'ignored', reason, ...place })
    })
  }
  it('is ours when we react', () => {
    const given = item({
      key: key({ fromMe: true }),
      message: { reactionMessage: { key: key(), text: '👍' } },
    })
    assertHas(one(upsert([given])), { kind: 'own', isReaction: true, text: '👍', type: 'reaction' })
  })
})
