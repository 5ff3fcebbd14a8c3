/** Phones, texts, ids and times of single messages, from outside to what is stored. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fromElement } from '../../src/batching/element.ts'
import { ConversationKeys } from '../../src/conversation-key.ts'
import type { ConversationKey, Message } from '../../src/message.ts'
import { BATCHED, P, type RunningApi, TOKEN } from '../support/api.ts'
import { type BadCall, refusesCalls, withApi } from './refusals.ts'

const keys = new ConversationKeys('default')

async function messagesOf(api: RunningApi, key: string): Promise<Message[]> {
  const conversation = key as ConversationKey
  const { payloads } = await api.store.conversation(conversation)
  return payloads.map((payload) => {
    const message = fromElement(payload, keys.parse(conversation))
    assert.ok(message)
    return message
  })
}

const nobody = (from: unknown, code = 'invalid_phone'): BadCall => ({
  body: { from, message: 'x' },
  status: 400,
  code,
  details: 1,
})

refusesCalls('people who are none (acceptance 8)', {
  'no phone': { body: { message: 'x' }, status: 400, code: 'invalid_format' },
  'an empty phone': { body: { from: '', message: 'x' }, status: 400, code: 'invalid_format' },
  null: { body: { from: null, message: 'x' }, status: 400, code: 'invalid_format' },
  '+': nobody('+'),
  '-': nobody('-'),
  abc: nobody('abc'),
  '3 digits': nobody('123'),
  '5 digits': nobody('12345'),
  '16 digits': nobody('1'.repeat(16)),
  '40 digits': nobody('1'.repeat(40)),
  '64 kB': nobody('7'.repeat(65_536)),
  'a number': nobody(79001234567),
  'a boolean': nobody(true),
  'an array': nobody([P]),
  'a query object': nobody({ $ne: null }),
  'a colon': nobody('7900:1234567'),
  braces: nobody('{p1}79001234567'),
  'an asterisk': nobody('7900*1234567'),
  'a question mark': nobody('7900?1234567'),
  brackets: nobody('[7]9001234567'),
  'a line break': nobody('79001234567\r\nX: y'),
  NUL: nobody('79001234567\0'),
  'a path': nobody('../../etc/passwd'),
  emoji: nobody('📞79001234567'),
  'a user id of Meta': nobody('RU.abc123'),
  'a group': nobody('120363025246125486@g.us', 'unsupported_peer'),
  'an old group': nobody('79001234567-1612345678@g.us', 'unsupported_peer'),
  'status@broadcast': nobody('status@broadcast', 'unsupported_peer'),
  'a newsletter': nobody('120363025246125486@newsletter', 'unsupported_peer'),
  'WhatsApp itself': nobody('0@c.us', 'unsupported_peer'),
})

const speechless = (message: unknown, extra: object = {}): BadCall => ({
  body: { from: P, message, ...extra },
  status: 400,
  code: 'invalid_text',
  details: 1,
})

refusesCalls('texts that are none (acceptance 6, 7)', {
  'a number': speechless(5),
  'an object': speechless({ text: 'x' }),
  'an array': speechless(['x']),
  'a boolean': speechless(true),
  blanks: speechless('   '),
  'line breaks and tabs': speechless('\n\t\r'),
  joiners: speechless('\u200d\u200d'),
  'a byte order mark': speechless('\ufeff'),
  NUL: speechless('\0'),
  'no bytes': {
    body: { messages: [{ from: P, body: '' }] },
    status: 400,
    code: 'invalid_text',
    details: 1,
  },
})

const badId = (messageId: unknown): BadCall => ({
  body: { from: P, message: 'x', messageId },
  status: 400,
  code: 'invalid_id',
  details: 1,
})

refusesCalls('ids, types and tenants', {
  'an id beyond exact numbers': {
    body: `{"from":"${P}","message":"x","messageId":12345678901234567890}`,
    status: 400,
    code: 'invalid_id',
  },
  'an id of 257 bytes': badId('x'.repeat(257)),
  'an id of 100 kB': badId('x'.repeat(100_000)),
  'an id that is an object': badId({ id: 1 }),
  'an id that is a boolean': badId(true),
  'an id with a lone surrogate': badId('\ud800'),
  'a type that is no word': {
    body: { from: P, message: 'x', type: {} },
    status: 400,
    code: 'invalid_type',
  },
  'companyId salon:7 (acceptance 29)': {
    body: { companyId: 'salon:7', messages: [{ from: P, body: 'x' }] },
    status: 400,
    code: 'unknown_tenant',
  },
  'companyId of nobody': {
    body: { companyId: 555, messages: [{ from: P, body: 'x' }] },
    status: 400,
    code: 'unknown_tenant',
  },
  'companyId __proto__': {
    body: `{"companyId":"__proto__","messages":[{"from":"${P}","body":"x"}]}`,
    status: 400,
    code: 'unknown_tenant',
  },
})

const discard = (phone: string, code = 'invalid_phone', status = 400): BadCall => ({
  method: 'DELETE',
  path: `${BATCHED}/${phone}`,
  headers: { authorization: `Bearer ${TOKEN}` },
  status,
  code,
})

refusesCalls('phones in a path', {
  stats: discard('stats'),
  __proto__: discard('__proto__'),
  constructor: discard('constructor'),
  '+': discard('%2B'),
  'a line break': discard('7900%0D%0A1234567'),
  'a group': discard('1%40g.us', 'unsupported_peer'),
  '200 digits': discard('9'.repeat(200), 'not_found', 404),
})

withApi('ids decide what is the same message', {}, (running) => {
  const send = async (from: string, fields: object) => {
    const { status, body } = await running().call({ body: { from, message: 'x', ...fields } })
    return [status, body.addedCount, body.duplicates]
  }

  it('the same id twice, in one call and in two, is one', async () => {
    const message = { from: '79001110001', body: 'x', id: 'A' }
    const { body } = await running().call({ body: { messages: [message, message] } })
    assert.deepEqual([body.addedCount, body.duplicates], [1, 1])
    assert.deepEqual(await send('+79001110001', { id: 'A' }), [200, 0, 1])
  })

  it('the same id of another person is another message', async () => {
    assert.deepEqual(await send('79001110002', { id: 'B' }), [200, 1, 0])
    assert.deepEqual(await send('79001110003', { id: 'B' }), [200, 1, 0])
  })

  it('ids that differ in case, blanks or composition differ', async () => {
    for (const id of ['C', 'c', 'C ', '\u00e9', 'e\u0301']) {
      assert.deepEqual(await send('79001110004', { id }), [200, 1, 0], JSON.stringify(id))
    }
  })

  it('messages without an id are never taken for one another (acceptance 19)', async () => {
    assert.deepEqual(await send('79001110005', {}), [200, 1, 0])
    assert.deepEqual(await send('79001110005', {}), [200, 1, 0])
    assert.deepEqual(await send('79001110005', { id: '' }), [200, 1, 0])
    assert.deepEqual(await send('79001110005', { id: '  ' }), [200, 1, 0])
  })

  it('ids that mean something to a store or queue mean nothing here', async () => {
    const odd = ['__proto__', 'constructor', 'meta', 'wait', '0', '0:1', '-5', ':{}*\n\0\\', 'a b']
    for (const id of odd) assert.deepEqual(await send('79001110006', { id }), [200, 1, 0])
    const stored = await messagesOf(running(), '79001110006')
    assert.deepEqual(
      stored.map(({ id }) => id),
      odd,
    )
  })
})

withApi('people under their many spellings (acceptance 25, 26)', {}, (running) => {
  it('are one conversation, and answers go to the last spelling', async () => {
    const spellings = [
      P,
      `+${P}`,
      '+7 (900) 123-45-67',
      '89001234567',
      '9001234567',
      `${P}@c.us`,
      `${P}@s.whatsapp.net`,
      `${P}:12@s.whatsapp.net`,
    ]
    for (const from of spellings) {
      assert.equal((await running().call({ body: { from, message: 'x' } })).status, 200)
    }
    const { count } = await running().store.pending({ offset: 0, limit: 10 })
    assert.equal(count, 1)
    const stored = await messagesOf(running(), P)
    assert.deepEqual(
      stored.map(({ address }) => address),
      spellings,
    )
  })

  for (const [from, peer] of [
    ['+84912345678', '84912345678'],
    ['+9607712345', '9607712345'],
    ['00442079460958', '442079460958'],
    ['85212345678@c.us', '85212345678'],
    ['152900558844123@lid', '152900558844123@lid'],
    ['15290055884412377@lid', '15290055884412377@lid'],
  ] as const) {
    it(`${from} is ${peer}`, async () => {
      await running().call({ body: { from, message: 'x' } })
      assert.equal((await messagesOf(running(), peer)).length, 1)
    })
  }
})

withApi('times', {}, (running) => {
  const now = Date.now()
  const table: [string, unknown, number | null][] = [
    ['seconds', Math.floor(now / 1000) - 5, (Math.floor(now / 1000) - 5) * 1000],
    ['milliseconds', now - 5, now - 5],
    ['milliseconds as text', String(now - 5), now - 5],
    ['ISO', new Date(now - 5).toISOString(), now - 5],
    ['negative', -1, null],
    ['zero', 0, null],
    ['far future', now + 3_600_000, null],
    ['the year 2100', '2100-01-01T00:00:00Z', null],
    ['far past', now - 40 * 86_400_000, null],
    ['nonsense', 'yesterday', null],
    ['an object', { $gt: 0 }, null],
  ]
  for (const [index, [name, timestamp, sentAt]] of table.entries()) {
    it(`fault 58, ${name}: the message is kept, ${sentAt === null ? 'as of its arrival' : 'with its time'}`, async () => {
      const from = `7900222${String(index).padStart(4, '0')}`
      const { body } = await running().call({ body: { from, message: 'x', timestamp } })
      assert.equal(body.addedCount, 1)
      assert.equal((await messagesOf(running(), from))[0]?.sentAt, sentAt)
    })
  }

  it('of a day ago: kept as failed, not answered unasked', async () => {
    const body = { from: '79002229999', message: 'x', timestamp: now - 13 * 3_600_000 }
    const answer = await running().call({ body })
    assert.deepEqual([answer.status, answer.body.addedCount, answer.body.setAside], [200, 0, 1])
    assert.equal((await running().store.failed({ offset: 0, limit: 10 })).count, 1)
  })
})
