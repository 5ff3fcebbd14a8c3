import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import {
  event,
  GROUP,
  ID,
  IMAGE,
  LID,
  MESSAGE,
  OWN_ID,
  one,
  PERSON,
  tell,
  US,
  wid,
} from '../../../test/providers/samples/venom.ts'
import { RapidFireError } from '../../errors.ts'
import { venom } from './index.ts'

const WHOLE = {
  kind: 'message',
  peer: '79001234567',
  address: PERSON,
  account: null,
  id: ID,
  time: 1768467600,
  type: 'chat',
  text: 'Здравствуйте',
  name: 'Анна',
}

describe('a call of a Venom bridge', () => {
  it('is the message of venom-bot, alone or in an event of ours', () => {
    assert.deepEqual(one(MESSAGE), WHOLE)
    for (const name of ['onMessage', 'onAnyMessage', 'message']) {
      assert.deepEqual(one(event(name, MESSAGE)), { ...WHOLE, account: 'main' })
    }
  })

  const shapes: Record<string, [object, object]> = {
    'with message': [
      { from: PERSON, message: 'Привет', messageId: ID, timestamp: 1768467600 },
      { text: 'Привет', id: ID, time: 1768467600, type: 'chat' },
    ],
    'in Spanish': [
      { de: PERSON, mensaje: 'Hola' },
      { text: 'Hola', id: null, address: PERSON },
    ],
    'with a session': [{ from: PERSON, message: 'Привет', session_name: 's1' }, { account: 's1' }],
    'with body, ms and a chat': [
      {
        from: PERSON,
        body: 'на 15:00',
        type: 'chat',
        timestamp: 1768467600123,
        id: ID,
        chatId: PERSON,
      },
      { text: 'на 15:00', id: ID, time: 1768467600123 },
    ],
    'with content alone': [
      { from: PERSON, content: 'Привет' },
      { text: 'Привет', id: null },
    ],
    'with t alone': [{ from: PERSON, message: 'Привет', t: 1768467600 }, { time: 1768467600 }],
    'without a time': [
      { from: PERSON, message: 'Привет' },
      { time: undefined, id: null },
    ],
    'with a bare phone': [
      { from: '+79001234567', message: 'а' },
      { peer: '79001234567', address: '+79001234567' },
    ],
    'with a number for a phone': [{ from: 79001234567, message: 'а' }, { peer: '79001234567' }],
    'with objects for addresses': [
      { from: wid(PERSON), message: 'а', id: { fromMe: false, remote: wid(PERSON), id: '3EB0A1' } },
      { peer: '79001234567', address: PERSON, id: ID },
    ],
    'with a chat alone': [{ chatId: wid(PERSON), message: 'а' }, { peer: '79001234567' }],
    'with a number for an id': [{ from: PERSON, message: 'а', id: 17 }, { id: '17' }],
    'with an empty id': [{ from: PERSON, message: 'а', messageId: '', id: ID }, { id: ID }],
  }
  for (const [name, [body, expected]] of Object.entries(shapes)) {
    it(`may be of the shape ${name}`, () => assertHas(one(body), { kind: 'message', ...expected }))
  }

  it('may bring several messages of several people', () => {
    const other = `79007654321@c.us`
    const messages = [
      { id: '1', from: PERSON, body: 'раз' },
      { id: '2', body: 'два' },
      { id: '3', from: other, body: 'три', type: 'chat' },
      { id: '4', from: PERSON, fromMe: true, to: other, body: 'наше' },
      'мусор',
      { id: '5', from: 'nobody', body: 'а' },
      { id: '6', from: PERSON },
      { id: '7', from: PERSON, body: { a: 1 } },
    ]
    const told = tell({ messages, session: 'main' }, true)
    assert.deepEqual(
      told.map((one) => [one.kind, 'peer' in one ? one.peer : undefined]),
      [
        ['message', '79001234567'],
        ['message', '79001234567'],
        ['message', '79007654321'],
        ['own', '79007654321'],
        ['malformed', undefined],
        ['malformed', undefined],
        ['malformed', undefined],
        ['malformed', undefined],
      ],
    )
    assertHas(told[1] ?? {}, {
      account: 'main',
      original: { messages: [messages[1]], session: 'main' },
    })
  })

  const mine = { id: OWN_ID, from: US, to: PERSON, fromMe: true, self: 'out' }
  const own = { kind: 'own', isReaction: false, peer: '79001234567', address: PERSON, id: OWN_ID }
  const others: Record<string, [string, object, object]> = {
    'of ours': ['onAnyMessage', mine, own],
    'of ours by its id alone': [
      'onAnyMessage',
      { ...mine, fromMe: undefined, self: undefined },
      own,
    ],
    'of ours without a receiver': ['onAnyMessage', { ...mine, to: undefined }, own],
    'of ours to a group': [
      'onAnyMessage',
      { ...mine, id: `true_${GROUP}_3EB0_${US}`, to: GROUP, chatId: wid(GROUP), author: US },
      { kind: 'own', peer: GROUP, author: undefined },
    ],
    'of a story': [
      'onMessage',
      {
        from: 'status@broadcast',
        chatId: wid('status@broadcast'),
        broadcast: true,
        author: PERSON,
      },
      {
        kind: 'ignored',
        reason: 'status',
        peer: 'status@broadcast',
        address: 'status@broadcast',
        text: 'Здравствуйте',
      },
    ],
    'of a list': ['onMessage', { broadcast: true }, { kind: 'ignored', reason: 'broadcast' }],
    'of a channel': [
      'onMessage',
      { from: '1@newsletter' },
      { kind: 'ignored', reason: 'broadcast' },
    ],
    'of the chat itself': ['onMessage', { type: 'gp2' }, { kind: 'ignored', reason: 'system' }],
    'of a notice': ['onMessage', { isNotification: true }, { kind: 'ignored', reason: 'system' }],
    'of WhatsApp itself': [
      'onMessage',
      { from: '0@c.us', chatId: null },
      { kind: 'ignored', reason: 'system' },
    ],
    'that could not be decrypted': [
      'onMessage',
      { type: 'ciphertext' },
      { kind: 'ignored', reason: 'undecrypted', id: ID },
    ],
    'of an edit': [
      'onMessageEdit',
      { body: 'завтра', content: 'завтра' },
      { kind: 'edit', of: ID, id: ID, text: 'завтра' },
    ],
    'of an edit of ours': ['onMessageEdit', mine, own],
    'of an edit without an id': ['onMessageEdit', { id: null }, { kind: 'malformed' }],
    'that was taken back': [
      'onMessageDelete',
      { type: 'revoked', body: undefined },
      { kind: 'revoke', of: ID, id: ID, peer: '79001234567', address: PERSON, time: 1768467600 },
    ],
    'that was taken back, as a message': [
      'onAnyMessage',
      { type: 'revoked' },
      { kind: 'revoke', of: ID },
    ],
    'that we took back': [
      'onMessageDelete',
      { ...mine, type: 'revoked' },
      { kind: 'ignored', reason: 'event' },
    ],
    'whose session changed': [
      'onStateChange',
      {},
      { kind: 'ignored', reason: 'event', account: 'main' },
    ],
    'nobody knows of': ['onNextYear', {}, { kind: 'ignored', reason: 'event' }],
  }
  for (const [name, [callback, data, expected]] of Object.entries(others)) {
    it(`is of what is no message: one ${name}`, () => {
      assertHas(one(event(callback, { ...MESSAGE, ...data })), expected)
    })
  }

  it('is a change of state, whose data is a word', () => {
    const told = [{ kind: 'ignored', reason: 'event', account: 'main' }]
    assert.deepEqual(tell(event('onStateChange', 'CONNECTED')), told)
  })

  it('is ours by fromMe in the simplest shape', () => {
    assertHas(one({ to: PERSON, message: 'а', fromMe: true }), { kind: 'own', peer: '79001234567' })
    assertHas(one({ from: US, to: PERSON, message: 'а', fromMe: true }), {
      kind: 'own',
      peer: '79001234567',
    })
    assertHas(one({ from: PERSON, message: 'а', fromMe: true }), {
      kind: 'own',
      peer: '79001234567',
    })
  })

  const reaction = {
    id: { fromMe: false, remote: PERSON, id: '3A', _serialized: `false_${PERSON}_3A` },
    reactionParentKey: { fromMe: true, remote: PERSON, id: '3EB0', _serialized: OWN_ID },
    reactionText: '🙏',
    t: 1768467600,
  }
  const reactions: Record<string, [object, object]> = {
    'of a person': [
      {},
      { kind: 'ignored', reason: 'reaction', type: 'reaction', text: '🙏', peer: '79001234567' },
    ],
    'in a group': [
      { id: `false_${GROUP}_3A_${PERSON}`, author: PERSON },
      { reason: 'reaction', peer: GROUP, author: '79001234567' },
    ],
    'that only what it is put on tells of': [
      { id: null },
      { reason: 'reaction', peer: '79001234567', id: null },
    ],
    'of ours': [{ id: OWN_ID }, { kind: 'own', isReaction: true, peer: '79001234567' }],
    'of nobody': [{ id: null, reactionParentKey: null }, { kind: 'malformed' }],
  }
  for (const [name, [more, expected]] of Object.entries(reactions)) {
    it(`is a reaction ${name}`, () => {
      assertHas(one(event('onMessageReaction', { ...reaction, ...more })), expected)
    })
  }

  const states: [string, object][] = [
    ['composing', { kind: 'typing', state: 'composing' }],
    ['typing', { kind: 'typing', state: 'composing' }],
    ['recording', { kind: 'typing', state: 'recording' }],
    ['paused', { kind: 'typing', state: 'paused' }],
    ['available', { kind: 'typing', state: 'paused' }],
    ['unavailable', { kind: 'typing', state: 'paused' }],
    ['dancing', { kind: 'ignored', reason: 'event' }],
  ]
  for (const [type, expected] of states) {
    it(`tells that somebody is ${type}`, () => {
      const told = one(
        event('onChatState', { id: wid(PERSON), isGroup: false, isUser: true, type }),
      )
      assertHas(told, { ...expected, peer: '79001234567', address: PERSON, account: 'main' })
    })
  }

  it('tells of somebody who writes in a group, and not of who writes nowhere', () => {
    const inGroup = one(event('onChatState', { id: GROUP, isGroup: true, type: 'composing' }))
    assertHas(inGroup, { kind: 'typing', peer: GROUP, mentioned: false })
    assertHas(one(event('onChatState', { type: 'composing' })), { kind: 'malformed' })
  })

  const raw = {
    id: { fromMe: true, remote: wid(PERSON), id: '3EB0', _serialized: OWN_ID },
    from: wid(US),
    to: wid(PERSON),
  }
  const acks: [object, object][] = [
    [{ ack: -1 }, { kind: 'status', status: 'failed' }],
    [{ ack: 0 }, { kind: 'ignored', reason: 'ack' }],
    [{ ack: 1 }, { kind: 'status', status: 'sent' }],
    [{ ack: 2 }, { kind: 'status', status: 'delivered' }],
    [{ ack: 3 }, { kind: 'status', status: 'read' }],
    [{ ack: 4 }, { kind: 'status', status: 'read' }],
    [{ ack: 'x' }, { kind: 'ignored', reason: 'ack' }],
  ]
  for (const [more, expected] of acks) {
    it(`tells what became of ours: ${JSON.stringify(more)}`, () => {
      const told = one(event('onAck', { ...raw, type: 'chat', self: 'out', ...more }))
      assertHas(told, { ...expected, id: OWN_ID, peer: '79001234567', address: PERSON })
    })
  }

  it('is refused where nobody can be answered', () => {
    const codeOf = (body: unknown) => {
      try {
        const [told] = tell(body)
        return told?.kind
      } catch (error) {
        return error instanceof RapidFireError ? [error.code, error.status].join(' ') : error
      }
    }
    for (const body of [null, 'x', [], 7]) assert.equal(codeOf(body), 'invalid_format 400')
    const missing = [{}, { message: 'Привет', messageId: 'x' }, { from: PERSON }, { messages: [] }]
    for (const body of missing) assert.equal(codeOf(body), 'missing_fields 400')
    for (const from of ['nobody', '1@call', '12', 'a@g.us@x']) {
      assert.equal(codeOf({ from, message: 'а' }), 'malformed')
    }
    assert.equal(codeOf({ from: PERSON, message: { text: 'а' } }), 'malformed')
  })

  const merged = { text: 'раз\nдва', messageIds: ['1', ID] }
  const rapidFire = { messageIds: ['1', ID] }
  const rebuilt: Record<string, [object, object]> = {
    message: [
      { from: PERSON, message: 'два' },
      { from: PERSON, message: merged.text },
    ],
    mensaje: [
      { de: PERSON, mensaje: 'два' },
      { de: PERSON, mensaje: merged.text },
    ],
    'body and content': [MESSAGE, { ...MESSAGE, body: merged.text, content: merged.text }],
    'the caption of a file': [
      { ...MESSAGE, ...IMAGE },
      { ...MESSAGE, ...IMAGE, caption: merged.text },
    ],
    'an event': [
      event('onMessage', MESSAGE),
      event('onMessage', { ...MESSAGE, body: merged.text, content: merged.text }),
    ],
    'a list': [
      { messages: [{ from: PERSON, body: 'два' }] },
      { messages: [{ from: PERSON, body: merged.text }] },
    ],
  }
  for (const [name, [given, expected]] of Object.entries(rebuilt)) {
    it(`is put together again around the whole text in ${name}`, () => {
      const [told] = tell(given, true)
      assert.ok(told?.kind === 'message')
      assert.deepEqual(told.original, given)
      assert.deepEqual(venom.rebuild(told.original, merged), { ...expected, rapidFire })
    })
  }

  it('breaks nothing, whatever it is', () => {
    assertNothingBreaks(venom, [
      MESSAGE,
      { from: PERSON, message: 'a', messageId: 'x', timestamp: 1768467600 },
      {
        messages: [
          { id: '1', from: PERSON, body: 'a' },
          { id: '2', body: 'b', media: { url: 'x' } },
        ],
      },
      event('onMessage', { ...MESSAGE, ...IMAGE, media: 'data:image/png;base64,AA', caption: 'a' }),
      event('onMessage', { ...MESSAGE, from: GROUP, author: LID, mentionedJidList: [wid(US)] }),
      event('onMessage', { ...MESSAGE, type: 'multi_vcard', vcardList: [{ vcard: 'FN:a' }] }),
      event('onAnyMessage', {
        ...MESSAGE,
        ...mine,
        quotedMsgObj: { body: 'a' },
        quotedStanzaID: 'x',
      }),
      event('onMessageEdit', MESSAGE),
      event('onMessageDelete', { ...MESSAGE, type: 'revoked' }),
      event('onMessageReaction', reaction),
      event('onChatState', { id: wid(PERSON), isGroup: false, type: 'composing' }),
      event('onAck', { ...raw, ack: 3 }),
    ])
  })
})
