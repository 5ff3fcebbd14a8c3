/** Bodies that are no JSON, or JSON that is no call. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { DIRECT, P } from '../support/api.ts'
import { type BadCall, refusesCalls, withApi } from './refusals.ts'

const json = (body: string | Buffer, code: string, status = 400): BadCall => ({
  body,
  status,
  code,
})
const typed = { headers: { 'content-type': 'application/json' } }

refusesCalls('bodies that are no JSON', {
  'an empty body with a type': { ...typed, status: 400, code: 'invalid_format' },
  'no body at all (acceptance 6)': { status: 400, code: 'invalid_format' },
  'no body at all, sent directly': {
    path: DIRECT,
    status: 400,
    code: 'missing_fields',
    error: 'Missing required fields: from, message',
  },
  'a cut body': json('{"from":', 'invalid_json'),
  'a trailing comma': json(`{"from":"${P}","message":"x",}`, 'invalid_json'),
  'a comment': json('{/* */}', 'invalid_json'),
  'single quotes': json(`{'from':'${P}','message':'x'}`, 'invalid_json'),
  NaN: json(`{"from":"${P}","message":NaN}`, 'invalid_json'),
  Infinity: json(`{"from":"${P}","message":Infinity}`, 'invalid_json'),
  'two values': json(`{"from":"${P}","message":"x"} {}`, 'invalid_json'),
  'lines of JSON': json(`{"from":"${P}","message":"x"}\n{"from":"${P}"}`, 'invalid_json'),
  'a raw NUL': json(`{"from":"${P}","message":"a\0b"}`, 'invalid_json'),
  'a form': json('from=79001234567&message=x', 'invalid_json'),
  XML: json('<message/>', 'invalid_json'),
  'UTF-16': json(Buffer.from(`{"from":"${P}","message":"x"}`, 'utf16le'), 'invalid_json'),
  'arrays nested 130 000 deep': json('['.repeat(130_000) + ']'.repeat(130_000), 'too_deep'),
  'objects nested 40 000 deep': json('{"a":'.repeat(40_000), 'too_deep'),
  'good fields behind 65 brackets': json(
    `{"x":${'['.repeat(65)}${']'.repeat(65)},"from":"${P}","message":"x"}`,
    'too_deep',
  ),
  'from twice': json(`{"from":"${P}","from":"79007654321","message":"x"}`, 'invalid_format'),
  '257 kB': json(`{"from":"${P}","message":"${'x'.repeat(257 * 1024)}"}`, 'body_too_large', 413),
  '1 MiB': json(`{"from":"${P}","message":"${'x'.repeat(1 << 20)}"}`, 'body_too_large', 413),
})

const formless = ['null', '1', '"x"', 'true', '[]', '[1]', '{}', `{"from":"${P}"}`, '{"a":1}']
refusesCalls(
  'JSON that is no call (acceptance 5)',
  Object.fromEntries([
    ...formless.map((body): [string, BadCall] => [
      body,
      { body, status: 400, code: 'invalid_format', error: 'Invalid request format' },
    ]),
    ...formless.map((body): [string, BadCall] => [
      `${body}, sent directly`,
      {
        body,
        path: DIRECT,
        status: 400,
        code: 'missing_fields',
        error: 'Missing required fields: from, message',
      },
    ]),
    ...['{}', '"x"', 'null', '1', '{"length":1e9}'].map((messages): [string, BadCall] => [
      `messages that are ${messages}`,
      { body: `{"messages":${messages}}`, status: 400, code: 'invalid_format' },
    ]),
  ]),
)

const item = { from: P, body: 'x' }
refusesCalls('lists with nothing good', {
  'no messages': {
    body: { messages: [] },
    status: 400,
    code: 'missing_fields',
    error: 'Missing required fields',
  },
  'a first message without from': {
    body: { messages: [{ body: 'x' }, { body: 'y' }] },
    status: 400,
    code: 'missing_fields',
    error: 'Missing required fields',
    details: 2,
  },
  'null in it': { body: { messages: [null] }, status: 400, code: 'invalid_format', details: 1 },
  'a list in a list': { body: { messages: [[item]] }, status: 400, code: 'invalid_format' },
  'different faults': {
    body: {
      messages: [
        { from: '+', body: 'x' },
        { from: P, body: ' ' },
      ],
    },
    status: 400,
    code: 'nothing_accepted',
    details: 2,
  },
  '501 messages': {
    body: { messages: Array(501).fill(item) },
    status: 413,
    code: 'too_many_messages',
  },
  '10 000 messages': {
    body: { messages: Array(10_000).fill({ body: 'x' }) },
    status: 413,
    code: 'too_many_messages',
  },
  '80 000 empty objects': {
    body: `{"messages":[${Array(80_000).fill('{}').join(',')}]}`,
    status: 413,
    code: 'too_many_messages',
  },
})

withApi('JSON that is odd but good', {}, (running) => {
  const takes = (name: string, body: string | Buffer, text?: string) =>
    it(`takes ${name}`, async () => {
      const api = running()
      const answer = await api.call({ body })
      assert.equal(answer.status, 200, answer.text)
      assert.equal(answer.body.addedCount, 1)
      if (text === undefined) return
      const [open] = (await api.store.pending({ offset: 0, limit: 1 })).batches
      assert.ok(open)
      const { payloads } = await api.store.conversation(open.conversation)
      assert.equal(JSON.parse(payloads.at(-1) ?? '{}').message, text)
    })

  takes('a byte order mark', `\uFEFF{"from":"${P}","message":"bom"}`, 'bom')
  takes(
    'bytes that are no UTF-8, replaced',
    Buffer.concat([
      Buffer.from(`{"from":"${P}","message":"a`),
      Buffer.from([0xff, 0xfe, 0xc0, 0xaf]),
      Buffer.from('"}'),
    ]),
    'a\uFFFD\uFFFD\uFFFD\uFFFD',
  )
  takes('a lone surrogate, replaced', `{"from":"${P}","message":"a\\ud800b"}`, 'a\uFFFDb')
  takes('NUL, replaced', `{"from":"${P}","message":"a\\u0000b"}`, 'a\uFFFDb')
  takes('right to left, as it is', `{"from":"${P}","message":"\u202eabc\u2066"}`, '\u202eabc\u2066')
  takes('a text of 250 kB', `{"from":"${P}","message":"${'x'.repeat(250_000)}"}`)
  takes(
    'a thousand unknown fields, of which none is stored',
    JSON.stringify({
      from: P,
      message: 'few',
      ...Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field-${i}`, 'unknown'])),
    }),
    'few',
  )
  takes('a key of 100 kB', `{"${'k'.repeat(100_000)}":1,"from":"${P}","message":"key"}`, 'key')
  takes('a number of 100 kB', `{"n":${'1'.repeat(100_000)},"from":"${P}","message":"n"}`, 'n')
  takes('1e999', `{"timestamp":1e999,"from":"${P}","message":"inf"}`, 'inf')
  takes(
    'names of inherited properties',
    `{"toString":1,"hasOwnProperty":1,"then":"x","toJSON":1,"from":"${P}","message":"own"}`,
    'own',
  )
  for (const [name, key] of [
    ['__proto__', '"__proto__":{"x":1,"from":"79007654321"}'],
    ['__proto__, escaped', '"\\u005f_proto__":{"x":1}'],
    ['constructor.prototype', '"constructor":{"prototype":{"x":1}}'],
  ] as const) {
    takes(`${name} at the top, ignored`, `{${key},"from":"${P}","message":"p"}`, 'p')
    takes(`${name} in a message, ignored`, `{"messages":[{${key},"from":"${P}","body":"m"}]}`, 'm')
  }

  it('is polluted by none of it', () => {
    assert.equal(Reflect.get({}, 'x'), undefined)
  })

  it('keeps one good message among 499 bad ones and names those', async () => {
    const messages: unknown[] = Array.from({ length: 500 }, () => ({ from: '+', body: 'x' }))
    messages[250] = { from: '79005550099', body: 'good' }
    const answer = await running().call({ body: { messages } })
    assert.deepEqual([answer.status, answer.body.addedCount], [200, 1])
    const rejected = answer.body.rejected as { index: number; code: string; given: string }[]
    assert.equal(rejected.length, 499)
    assert.deepEqual(
      rejected.map(({ index }) => index),
      [...Array(500).keys()].filter((index) => index !== 250),
    )
    assert.deepEqual([rejected[0]?.code, rejected[0]?.given], ['invalid_phone', '+'])
  })
})
