import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chatIdOf, chatOf, chatOfOwn, isMentioned, keyText, readKey, withAlias } from './chat.ts'

const US = '74950000001@c.us'
const PERSON = '79001234567@c.us'
const KEY = `true_${PERSON}_3EB0AA`

describe('an address of WhatsApp Web', () => {
  const chats: [unknown, object | null][] = [
    [PERSON, { kind: 'person', peer: '79001234567', address: PERSON }],
    [
      { server: 'c.us', user: '79001234567', _serialized: PERSON },
      { kind: 'person', peer: '79001234567', address: PERSON },
    ],
    [
      { server: 'c.us', user: '79001234567' },
      { kind: 'person', peer: '79001234567', address: PERSON },
    ],
    [
      '79001234567:12@s.whatsapp.net',
      { kind: 'person', peer: '79001234567', address: '79001234567:12@s.whatsapp.net' },
    ],
    [
      '123456789012345@lid',
      { kind: 'person', peer: '123456789012345@lid', address: '123456789012345@lid' },
    ],
    [
      '120363000000000001@g.us',
      { kind: 'group', peer: '120363000000000001@g.us', address: '120363000000000001@g.us' },
    ],
    ['status@broadcast', { kind: 'status', peer: 'status@broadcast', address: 'status@broadcast' }],
    ['1@newsletter', { kind: 'broadcast', peer: '1@newsletter', address: '1@newsletter' }],
    [79001234567, { kind: 'person', peer: '79001234567', address: '79001234567' }],
    ['a:b{c}@g.us', null],
    ['0@c.us', null],
    ['me', null],
    [{ _serialized: 5 }, null],
    [null, null],
  ]
  for (const [given, expected] of chats) {
    it(`is read: ${JSON.stringify(given)}`, () => assert.deepEqual(chatOf(given), expected))
  }

  it('is written as servers take it', () => {
    assert.equal(chatIdOf('79001234567@s.whatsapp.net'), PERSON)
    assert.equal(chatIdOf('79001234567:3@s.whatsapp.net'), PERSON)
    assert.equal(chatIdOf('79001234567'), PERSON)
    assert.equal(chatIdOf('123456789012345@lid'), '123456789012345@lid')
    assert.equal(chatIdOf('120363000000000001@g.us'), '120363000000000001@g.us')
  })
})

describe('an id of WhatsApp Web', () => {
  it('is a text whatever it came as', () => {
    assert.equal(keyText(KEY), KEY)
    assert.equal(keyText({ _serialized: KEY, id: 'x' }), KEY)
    assert.equal(keyText({ fromMe: true, remote: PERSON, id: '3EB0AA' }), KEY)
    assert.equal(
      keyText({ fromMe: true, remote: { user: '79001234567', server: 'c.us' }, id: '3EB0AA' }),
      KEY,
    )
    assert.equal(keyText({ id: '3EB0AA' }), '3EB0AA')
    assert.equal(keyText(12), '12')
    for (const none of [null, undefined, '', {}, [], true]) assert.equal(keyText(none), null)
  })

  it('tells whose it is, of which chat and member', () => {
    assert.deepEqual(readKey(KEY), { isOurs: true, chat: PERSON, participant: undefined })
    assert.deepEqual(readKey(`false_1@g.us_AA_${PERSON}`), {
      isOurs: false,
      chat: '1@g.us',
      participant: PERSON,
    })
    assert.equal(readKey('3EB0AA'), null)
    assert.equal(readKey(null), null)
  })
})

describe('a message of ours', () => {
  const us = ['74950000001']
  const cases: Record<string, Parameters<typeof chatOfOwn>[0]> = {
    'with us in from': { from: US, to: PERSON, id: KEY, us },
    'with the chat in from': { from: PERSON, to: null, id: KEY, us },
    'with the chat in both': { from: PERSON, to: PERSON, id: KEY, us },
    'whose sender nobody knows': { from: US, to: PERSON, id: KEY, us: [] },
    'with us in from and an id that says nothing': { from: US, to: PERSON, id: '3EB0', us },
    'with nothing but its id': { from: US, to: undefined, id: KEY, us },
    'with the chat in to alone': { from: undefined, to: PERSON, id: null, us: [] },
  }
  for (const [name, given] of Object.entries(cases)) {
    it(`is of the chat that it was written to, ${name}`, () => {
      assert.equal(chatOfOwn(given)?.peer, '79001234567')
    })
  }
})

describe('a second address', () => {
  const lid = '123456789012345@lid'
  it('is one of the same person only where one is hidden and one is a phone', () => {
    const phone = chatOf(PERSON)
    const hidden = chatOf(lid)
    assert.ok(phone && hidden)
    assert.deepEqual(withAlias(phone, lid), {
      peer: '79001234567',
      address: PERSON,
      aliases: [lid],
    })
    assert.deepEqual(withAlias(hidden, PERSON), {
      peer: '79001234567',
      address: lid,
      aliases: [lid],
    })
    for (const other of ['79007654321@c.us', PERSON, null, '1@g.us']) {
      assert.deepEqual(withAlias(phone, other), { peer: '79001234567', address: PERSON })
    }
  })
})

describe('a mention', () => {
  it('means us by the list or by our number in the text', () => {
    const us = ['74950000001', '999999999999@lid', undefined]
    assert.ok(isMentioned([US], '', us))
    assert.ok(isMentioned([{ _serialized: US }], '', us))
    assert.ok(isMentioned([], 'привет @74950000001, когда?', us))
    assert.ok(isMentioned([], '@999999999999', us))
    assert.ok(!isMentioned([PERSON, null, 5], 'я @749500000012 и 74950000001', us))
    assert.ok(!isMentioned([US], '@74950000001', []))
  })
})
