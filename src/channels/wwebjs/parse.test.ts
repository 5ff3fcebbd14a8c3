import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import { RapidFireError } from '../../errors.ts'
import { wwebjs } from './index.ts'

const US = '74950000001@c.us'
const PERSON = '79001234567@c.us'
const LID = '123456789012345@lid'
const GROUP = '120363000000000001@g.us'
const PICTURE = '/9j/4AAQSkZJRgABAQAAAQABAAD'
const key = (remote: unknown = PERSON, fromMe = false, id = '3A01') => ({
  fromMe,
  remote,
  id,
  _serialized: `${fromMe}_${typeof remote === 'string' ? remote : PERSON}_${id}`,
})
const ID = key()._serialized

const MESSAGE = {
  _data: {},
  id: key(),
  ack: 1,
  hasMedia: false,
  body: 'Здравствуйте',
  type: 'chat',
  timestamp: 1768467600,
  from: PERSON,
  to: US,
  isStatus: false,
  broadcast: false,
  fromMe: false,
  hasQuotedMsg: false,
  vCards: [],
  mentionedIds: [],
}
const call = (data: unknown, dataType = 'message') => ({ dataType, data, sessionId: 'salon' })
const tell = (body: unknown, keepOriginal = false) =>
  wwebjs.parse(body, { headers: {}, keepOriginal })
const one = (message: object, dataType?: string, more: object = {}): object => {
  const told = tell(call({ message: { ...MESSAGE, ...message }, ...more }, dataType))
  assert.equal(told.length, 1)
  return told[0] ?? {}
}

describe('a call of wwebjs-api', () => {
  it('is a text', () => {
    assert.deepEqual(one({}), {
      kind: 'message',
      peer: '79001234567',
      address: PERSON,
      account: 'salon',
      id: ID,
      time: 1768467600,
      type: 'chat',
      text: 'Здравствуйте',
    })
  })

  it('with the same message for another event is the same message', () => {
    assert.deepEqual(one({}, 'message_create'), one({}))
  })

  const file = (type: string, mimetype: string) => ({
    type,
    hasMedia: true,
    body: '',
    _data: { mimetype },
  })
  const contents: Record<string, [object, object]> = {
    'an image with a caption': [
      { ...file('image', 'image/jpeg'), body: 'вот' },
      { type: 'image', text: 'вот', media: { mimeType: 'image/jpeg' } },
    ],
    'a voice message': [file('ptt', 'audio/ogg; codecs=opus'), { type: 'voice' }],
    'a song': [file('audio', 'audio/mpeg'), { type: 'audio' }],
    'a round video': [file('ptv', 'video/mp4'), { type: 'video' }],
    'a sticker': [file('sticker', 'image/webp'), { type: 'sticker' }],
    'a document': [
      { ...file('document', 'application/pdf'), _data: { filename: 'смета.pdf' } },
      { type: 'document', media: { fileName: 'смета.pdf' } },
    ],
    'a place, with a picture for a body': [
      {
        type: 'location',
        body: PICTURE,
        location: { latitude: 55.7, longitude: 37.6, description: 'ГУМ' },
      },
      { type: 'location', text: '', location: { latitude: 55.7, longitude: 37.6, name: 'ГУМ' } },
    ],
    'a place with a name and an address': [
      {
        type: 'location',
        location: {
          latitude: 1,
          longitude: 2,
          name: 'ГУМ',
          address: 'Москва',
          description: 'ГУМ\nМосква',
        },
      },
      { location: { latitude: 1, longitude: 2, name: 'ГУМ', address: 'Москва' } },
    ],
    'a place that is nowhere': [
      { type: 'location', location: {} },
      { type: 'unsupported', text: '' },
    ],
    'a card': [
      { type: 'vcard', body: 'BEGIN:VCARD', vCards: ['FN:Иван\nTEL;waid=79007654321:+7'] },
      { type: 'contact', text: '', contacts: [{ name: 'Иван', phone: '79007654321' }] },
    ],
    'two cards': [
      { type: 'multi_vcard', body: '', vCards: ['FN:А', 'FN:Б'] },
      { contacts: [{ name: 'А' }, { name: 'Б' }] },
    ],
    'a button': [
      { type: 'buttons_response', body: 'Да', selectedButtonId: 'yes' },
      { type: 'button', text: 'Да', payload: 'yes' },
    ],
    'a list entry': [
      { type: 'list_response', body: 'Маникюр', selectedRowId: 'nails' },
      { type: 'list', text: 'Маникюр', payload: 'nails' },
    ],
    'a list entry without an id': [
      { type: 'list_response', body: 'Маникюр' },
      { type: 'list', text: 'Маникюр', payload: undefined },
    ],
    'an order': [
      { type: 'order', body: PICTURE, title: 'Заказ' },
      { type: 'order', text: 'Заказ' },
    ],
    'what nobody knows': [
      { type: 'poll_creation', body: 'Когда?' },
      { type: 'unsupported', text: '' },
    ],
    'an answer to another message': [
      {
        hasQuotedMsg: true,
        _data: { quotedMsg: { type: 'chat', body: 'На 14:00?' }, quotedStanzaID: '3EB0' },
      },
      { quoted: { id: '3EB0', text: 'На 14:00?' } },
    ],
    'an answer to a picture': [
      {
        _data: {
          quotedMsg: { type: 'image', body: PICTURE, caption: 'вот' },
          quotedStanzaID: '3EB0',
        },
      },
      { quoted: { id: '3EB0', text: 'вот' } },
    ],
    'an answer to a picture without a caption': [
      { _data: { quotedMsg: { type: 'image', body: PICTURE }, quotedStanzaID: '3EB0' } },
      { quoted: { id: '3EB0' } },
    ],
    'a person with a hidden phone': [
      { from: LID, id: key(LID) },
      { peer: LID, address: LID, id: `false_${LID}_3A01`, aliases: undefined },
    ],
    'a person whose id is an object in parts': [
      { id: { fromMe: false, remote: { user: '79001234567', server: 'c.us' }, id: '3A01' } },
      { id: ID },
    ],
    'a message to a group': [
      { from: GROUP, id: key(GROUP), author: PERSON },
      { peer: GROUP, address: GROUP, author: '79001234567', mentioned: false },
    ],
    'a message to us in a group': [
      { from: GROUP, id: key(GROUP), author: LID, mentionedIds: [US] },
      { author: LID, mentioned: true },
    ],
    'a message to us in a group, of newer objects': [
      {
        from: GROUP,
        author: PERSON,
        mentionedIds: [{ server: 'c.us', user: '74950000001', _serialized: US }],
      },
      { mentioned: true },
    ],
    'a message to a group that names us in its text': [
      { from: GROUP, author: PERSON, body: '@74950000001 привет' },
      { mentioned: true },
    ],
    'a name': [{ _data: { notifyName: 'Анна' } }, { name: 'Анна' }],
  }
  for (const [name, [message, expected]] of Object.entries(contents)) {
    it(`is ${name}`, () => assertHas(one(message), { kind: 'message', ...expected }))
  }

  it('brings the file of a message under the id of the message', () => {
    const messageMedia = {
      mimetype: 'image/jpeg',
      data: PICTURE,
      filename: 'x.jpg',
      filesize: 48213,
    }
    const message = { ...file('image', 'image/png'), body: 'вот' }
    assertHas(one(message, 'media', { messageMedia }), {
      kind: 'message',
      id: ID,
      type: 'image',
      text: 'вот',
      media: { base64: PICTURE, mimeType: 'image/jpeg', fileName: 'x.jpg' },
    })
    assertHas(one(message, 'media'), { kind: 'message', media: { mimeType: 'image/png' } })
    assertHas(one({ type: 'hologram' }, 'media', { messageMedia }), { type: 'image' })
  })

  const mine = { id: key(PERSON, true, '3EB0'), fromMe: true, from: US, to: PERSON }
  const own = {
    kind: 'own',
    isReaction: false,
    peer: '79001234567',
    address: PERSON,
    account: 'salon',
  }
  const others: Record<string, [string, object, object]> = {
    'of ours': [
      'message_create',
      mine,
      { ...own, text: 'Здравствуйте', id: `true_${PERSON}_3EB0` },
    ],
    'of ours by its id alone': ['message', { ...mine, fromMe: undefined }, own],
    'of ours without a receiver': ['message_create', { ...mine, to: undefined }, own],
    'of ours to a group': [
      'message_create',
      { ...mine, id: key(GROUP, true), to: GROUP, author: US },
      { kind: 'own', peer: GROUP, author: undefined },
    ],
    'of a story': [
      'message',
      { isStatus: true, from: 'status@broadcast', author: PERSON },
      {
        kind: 'ignored',
        reason: 'status',
        peer: 'status@broadcast',
        text: 'Здравствуйте',
        type: 'chat',
      },
    ],
    'of a story under the name of its writer': [
      'message',
      { isStatus: true },
      { reason: 'status' },
    ],
    'of a list': ['message', { broadcast: true }, { kind: 'ignored', reason: 'broadcast', id: ID }],
    'of a channel': ['message', { from: '1@newsletter' }, { kind: 'ignored', reason: 'broadcast' }],
    'of the chat itself': [
      'message',
      { type: 'e2e_notification' },
      { kind: 'ignored', reason: 'system' },
    ],
    'of WhatsApp itself': ['message', { from: '0@c.us' }, { kind: 'ignored', reason: 'system' }],
    'that could not be decrypted': [
      'message_ciphertext',
      { type: 'ciphertext', body: '' },
      { kind: 'ignored', reason: 'undecrypted', id: ID },
    ],
    'that could not be decrypted, created': [
      'message_create',
      { type: 'ciphertext', body: '' },
      { kind: 'ignored', reason: 'undecrypted' },
    ],
    'of an edit': [
      'message_edit',
      { body: 'завтра' },
      { kind: 'edit', of: ID, id: ID, text: 'послезавтра', type: 'chat' },
    ],
    'of an edit of ours': ['message_edit', mine, { ...own, text: 'послезавтра' }],
    'that was taken back': [
      'message_revoke_everyone',
      { type: 'revoked', body: '' },
      { kind: 'revoke', of: ID, id: ID, peer: '79001234567', address: PERSON, time: 1768467600 },
    ],
    'that was taken back under a new id': [
      'message_revoke_everyone',
      { id: key(PERSON, false, '3A02'), type: 'revoked', protocolMessageKey: key() },
      { kind: 'revoke', of: ID, id: `false_${PERSON}_3A02` },
    ],
    'that we took back': [
      'message_revoke_everyone',
      { ...mine, type: 'revoked' },
      { kind: 'ignored', reason: 'event' },
    ],
    'that is hidden from us alone': ['message_revoke_me', {}, { kind: 'ignored', reason: 'event' }],
    'that is ours and was read': [
      'message_ack',
      mine,
      {
        kind: 'status',
        status: 'read',
        id: `true_${PERSON}_3EB0`,
        peer: '79001234567',
        address: PERSON,
      },
    ],
    'that is theirs and was read': ['message_ack', {}, { kind: 'ignored', reason: 'ack', id: ID }],
  }
  for (const [name, [dataType, message, expected]] of Object.entries(others)) {
    it(`is of what is no message: one ${name}`, () => {
      const more = { newBody: 'послезавтра', prevBody: 'Здравствуйте', ack: 3 }
      assertHas(one(message, dataType, more), expected)
    })
  }

  it('is of a message that was taken back, as the library names it', () => {
    const after = { ...MESSAGE, type: 'revoked', body: '' }
    for (const before of [MESSAGE, null]) {
      const [told] = tell(call({ after, before }, 'message_revoke_everyone'))
      assertHas(told ?? {}, { kind: 'revoke', of: ID, id: ID, peer: '79001234567' })
    }
    const renamed = { ...after, id: key(PERSON, false, '3A02') }
    const [told] = tell(call({ after: renamed, before: MESSAGE }, 'message_revoke_everyone'))
    assertHas(told ?? {}, { kind: 'revoke', of: ID })
  })

  const reaction = { id: key(PERSON, false, '3A04'), msgId: key(PERSON, true), senderId: PERSON }
  const reactions: Record<string, [object, object]> = {
    'of a person': [
      {},
      { kind: 'ignored', reason: 'reaction', type: 'reaction', text: '🙏', peer: '79001234567' },
    ],
    'in a group': [{ id: key(GROUP) }, { reason: 'reaction', peer: GROUP, author: '79001234567' }],
    'of ours': [
      { id: key(PERSON, true), senderId: US },
      { kind: 'own', isReaction: true, peer: '79001234567' },
    ],
    'of nobody': [{ id: null, msgId: null, senderId: null }, { kind: 'malformed' }],
  }
  for (const [name, [more, expected]] of Object.entries(reactions)) {
    it(`is a reaction ${name}`, () => {
      const body = { reaction: { ...reaction, timestamp: 1768467600, reaction: '🙏', ...more } }
      assertHas(tell(call(body, 'message_reaction'))[0] ?? {}, expected)
    })
  }

  it('is an event that says nothing to us', () => {
    for (const dataType of ['unread_count', 'change_state', 'qr', 'ready', 'call', 'group_join']) {
      const told = [{ kind: 'ignored', reason: 'event', account: 'salon' }]
      assert.deepEqual(tell(call(undefined, dataType)), told)
    }
  })

  it('is refused where nobody can be answered', () => {
    const codeOf = (body: unknown) => {
      try {
        return tell(body).length
      } catch (error) {
        return error instanceof RapidFireError ? [error.code, error.status].join(' ') : error
      }
    }
    for (const body of [null, 'x', [], 7]) assert.equal(codeOf(body), 'invalid_format 400')
    assert.equal(codeOf({}), 'missing_fields 400')
    assert.equal(codeOf(call(undefined)), 'missing_fields 400')
    assert.equal(codeOf(call({ message: { body: 'x' } })), 'missing_fields 400')
    assert.equal(codeOf(call({}, 'message_reaction')), 'missing_fields 400')
    assert.equal(Reflect.get(one({ from: 'nobody' }), 'kind'), 'malformed')
  })

  it('is put together again around the whole text', () => {
    const body = call({ message: MESSAGE })
    const [told] = tell(body, true)
    assert.ok(told?.kind === 'message')
    assert.deepEqual(told.original, body)
    const rebuilt = wwebjs.rebuild(told.original, { text: 'раз\nдва', messageIds: ['1', ID] })
    assert.deepEqual(rebuilt, {
      ...call({ message: { ...MESSAGE, body: 'раз\nдва' } }),
      rapidFire: { messageIds: ['1', ID] },
    })
    const edit = call({ message: MESSAGE, newBody: 'б', prevBody: 'а' }, 'message_edit')
    const again = wwebjs.rebuild(edit, { text: 'в', messageIds: [ID] })
    assert.equal(Reflect.get(Reflect.get(again as object, 'data'), 'newBody'), 'в')
  })

  it('breaks nothing, whatever it is', () => {
    const data = { quotedMsg: { body: 'a', type: 'chat' }, quotedStanzaID: 'x', mimetype: 'a/b' }
    const place = { type: 'location', location: { latitude: 1, longitude: 2, description: 'a' } }
    const message = { ...MESSAGE, _data: data }
    assertNothingBreaks(wwebjs, [
      call({ message }),
      call({ message: { ...message, ...place } }),
      call(
        { message: { ...message, from: GROUP, author: PERSON, mentionedIds: [US] } },
        'message_create',
      ),
      call({ message: { ...message, ...mine } }, 'message_create'),
      call(
        { message, messageMedia: { mimetype: 'image/png', data: 'aa', filename: 'x' } },
        'media',
      ),
      call({ message, newBody: 'a', prevBody: 'b' }, 'message_edit'),
      call({ message: { ...message, protocolMessageKey: key() } }, 'message_revoke_everyone'),
      call({ reaction: { ...reaction, timestamp: 1, reaction: 'a' } }, 'message_reaction'),
      call({ message: { ...message, ...mine }, ack: 3 }, 'message_ack'),
    ])
  })
})
