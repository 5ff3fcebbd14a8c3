import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RapidFireError } from '../../errors.ts'
import { peerOf } from '../phone.ts'
import { CallRefused, type ParseContext, parseCall, parseSingle } from './message.ts'

const NOW = Date.parse('2026-01-15T12:00:00Z')
const P = '79001234567'

const context: ParseContext = {
  nowMs: NOW,
  defaultTenant: 'default',
  tenants: new Set(['default', '555', 'salon']),
  boundTenant: null,
  channel: 'whatsapp',
  peerOf: (from) => peerOf(from, 'RU'),
  makeId: (index) => `made-${index}`,
}

function only(body: unknown) {
  const { messages, rejected } = parseCall(body, context)
  assert.deepEqual(rejected, [])
  assert.equal(messages.length, 1)
  const [message] = messages
  assert.ok(message)
  return message
}

function rejectedOf(item: unknown) {
  const { messages, rejected } = parseCall({ messages: [{ from: P, body: 'good' }, item] }, context)
  assert.equal(messages.length, 1, 'the good neighbour is kept')
  assert.equal(rejected.length, 1)
  assert.equal(rejected[0]?.index, 1)
  return rejected[0]
}

function thrownBy(call: () => unknown): RapidFireError {
  let thrown: unknown
  assert.throws(call, (error) => {
    thrown = error
    return true
  })
  assert.ok(thrown instanceof RapidFireError)
  return thrown
}

describe('the single form', () => {
  it('becomes one message', () => {
    const body = { from: `+${P}`, message: 'Привет', messageId: 'A1', timestamp: NOW - 10 }
    assert.deepEqual(only(body), {
      conversation: { tenant: 'default', channel: 'whatsapp', peer: P },
      id: 'A1',
      address: `+${P}`,
      type: 'chat',
      text: 'Привет',
      sentAt: NOW - 10,
      sentAtExact: true,
      receivedAt: NOW,
      originalTimestamp: NOW - 10,
    })
  })

  it('may come in Spanish', () => {
    const spanish = { de: P, mensaje: 'Hola', messageId: 'a' }
    for (const parsed of [
      parseCall(spanish, context),
      parseSingle(spanish, context),
      parseCall({ messages: [spanish] }, context),
    ]) {
      assert.deepEqual(
        parsed.messages.map(({ id, address, text }) => [id, address, text]),
        [['a', P, 'Hola']],
      )
    }
    assert.equal(
      parseSingle({ ...spanish, from: '79007654321', message: 'x' }, context).messages[0]?.text,
      'x',
    )
  })

  it('may be a file or a place as venom-bot tells of it, without the picture in its body', () => {
    const picture = `/9j/${'A'.repeat(100)}=`
    const told: [object, string, string][] = [
      [{ type: 'ptt', mimetype: 'audio/ogg; codecs=opus' }, 'voice', ''],
      [{ type: 'location', body: picture }, 'location', ''],
      [{ type: 'image', body: picture, mimetype: 'image/jpeg' }, 'image', ''],
      [{ type: 'chat', body: picture }, 'chat', picture],
      [{ message: picture }, 'image', ''],
    ]
    for (const [item, type, text] of told) {
      const [message] = parseSingle({ from: P, ...item }, context).messages
      assert.deepEqual([message?.type, message?.text], [type, text])
    }
  })

  const formless: [string, unknown][] = [
    ['{}', {}],
    ['no message', { from: P }],
    ['an empty message', { from: P, message: '' }],
    ['no from', { message: 'x' }],
    ['an empty from', { from: '', message: 'x' }],
    ['an array', [1]],
    ['null', null],
    ['a number', 1],
    ['a text', 'x'],
    ['true', true],
    ['nothing', undefined],
    ['fields in another case', { From: P, MESSAGE: 'x' }],
    ['messages that are an object', { messages: {} }],
    ['messages that are a text', { messages: 'x' }],
    ['messages that are null', { messages: null }],
  ]
  for (const [name, body] of formless) {
    it(`is not ${name} (acceptance 5)`, () => {
      const error = thrownBy(() => parseCall(body, context))
      assert.equal(error.message, 'Invalid request format')
      assert.equal(error.code, 'invalid_format')
      const direct = thrownBy(() => parseSingle(body, context))
      assert.equal(direct.message, 'Missing required fields: from, message')
      assert.equal(direct.code, 'missing_fields')
    })
  }
})

describe('the list form', () => {
  it('keeps the good and names the bad (acceptance 3)', () => {
    const { messages, indexes, rejected } = parseCall(
      {
        companyId: 555,
        messages: [
          { from: `${P}@c.us`, body: 'Привет', messageId: 'a' },
          { from: P, body: '' },
          { from: '+79007654321', message: 'Здравствуйте' },
        ],
      },
      context,
    )
    assert.deepEqual(indexes, [0, 2])
    assert.deepEqual(
      messages.map(({ id, conversation, text }) => [
        id,
        conversation.tenant,
        conversation.peer,
        text,
      ]),
      [
        ['a', '555', P, 'Привет'],
        ['made-2', '555', '79007654321', 'Здравствуйте'],
      ],
    )
    assert.deepEqual(rejected, [
      {
        index: 1,
        field: 'body',
        code: 'invalid_text',
        allowed: 'text with at least one visible character',
      },
    ])
  })

  it('lends the first from to those without one', () => {
    const { messages } = parseCall({ messages: [{ from: P, body: 'a' }, { body: 'b' }] }, context)
    assert.deepEqual(
      messages.map(({ conversation }) => conversation.peer),
      [P, P],
    )
  })

  it('without any from is refused in the words of the original', () => {
    const error = thrownBy(() => parseCall({ messages: [{ body: 'a' }] }, context))
    assert.ok(error instanceof CallRefused)
    assert.equal(error.message, 'Missing required fields')
    assert.equal(error.details.length, 1)
  })

  it('without elements is refused', () => {
    assert.equal(
      thrownBy(() => parseCall({ messages: [] }, context)).message,
      'Missing required fields',
    )
  })

  it('takes 500 messages and refuses 501', () => {
    const item = { from: P, body: 'x' }
    assert.equal(parseCall({ messages: Array(500).fill(item) }, context).messages.length, 500)
    const error = thrownBy(() => parseCall({ messages: Array(501).fill(item) }, context))
    assert.equal(error.code, 'too_many_messages')
    assert.match(error.message, /500/)
  })
})

describe('a message that cannot be kept', () => {
  const table: [string, unknown, string, string][] = [
    ['null', null, '', 'invalid_format'],
    ['a text', 'x', '', 'invalid_format'],
    ['an array', [], '', 'invalid_format'],
    ['white space', { from: P, body: ' \n\t ' }, 'body', 'invalid_text'],
    ['joiners only', { from: P, body: '\u200d\u200d' }, 'body', 'invalid_text'],
    ['NUL only', { from: P, body: '\0' }, 'body', 'invalid_text'],
    ['a filler only', { from: P, body: '\u3164' }, 'body', 'invalid_text'],
    ['a number as text', { from: P, body: 5 }, 'body', 'invalid_text'],
    ['an object as text', { from: P, message: { a: 1 } }, 'message', 'invalid_text'],
    ['a boolean as text', { from: P, message: false }, 'message', 'invalid_text'],
    ['no text', { from: P }, 'message', 'invalid_text'],
    ['a type that is no word', { from: P, body: 'x', type: 7 }, 'type', 'invalid_type'],
    ['a group', { from: '1@g.us', body: 'x' }, 'from', 'unsupported_peer'],
    ['a short phone', { from: '12345', body: 'x' }, 'from', 'invalid_phone'],
    ['a number as from', { from: 79001234567, body: 'x' }, 'from', 'invalid_phone'],
    ['our own message', { from: P, body: 'x', fromMe: true }, 'fromMe', 'unsupported_peer'],
    ['a long id', { from: P, body: 'x', id: 'ы'.repeat(129) }, 'id', 'invalid_id'],
    ['an imprecise id', { from: P, body: 'x', id: 2 ** 53 }, 'id', 'invalid_id'],
    ['a broken id', { from: P, body: 'x', messageId: '\ud800' }, 'messageId', 'invalid_id'],
    ['an id that is an object', { from: P, body: 'x', id: { a: 1 } }, 'id', 'invalid_id'],
    ['a fraction as id', { from: P, body: 'x', id: 1.5 }, 'id', 'invalid_id'],
  ]
  for (const [name, item, field, code] of table) {
    it(`is named: ${name}`, () => {
      const rejected = rejectedOf(item)
      assert.deepEqual([rejected?.field, rejected?.code], [field, code])
      assert.ok((rejected?.allowed ?? '').length > 5)
    })
  }

  it('is named with what stood there when that is short', () => {
    assert.equal(rejectedOf({ from: '+7', body: 'x' })?.given, '+7')
    assert.ok(!('given' in (rejectedOf({ from: '7'.repeat(65), body: 'x' }) ?? {})))
  })
})

describe('ids', () => {
  const table: [string, object, string][] = [
    ['messageId', { messageId: 'A' }, 'A'],
    ['id (acceptance 4)', { id: 'B' }, 'B'],
    ['messageId before id', { messageId: 'A', id: 'B' }, 'A'],
    ['id when messageId is empty', { messageId: '', id: 'B' }, 'B'],
    ['a whole number', { id: 123 }, '123'],
    ['a negative number', { id: -5 }, '-5'],
    ['256 bytes', { id: 'x'.repeat(256) }, 'x'.repeat(256)],
    ['any characters', { id: ':{}*\n\0 \\__proto__' }, ':{}*\n\0 \\__proto__'],
    ['a made one for blanks', { id: '   ' }, 'made-0'],
    ['a made one for null', { id: null }, 'made-0'],
    ['a made one for none', {}, 'made-0'],
  ]
  for (const [name, given, id] of table) {
    it(`are ${name}`, () => assert.equal(only({ from: P, message: 'x', ...given }).id, id))
  }
})

describe('content', () => {
  it('has NUL and lone surrogates replaced visibly', () => {
    assert.equal(only({ from: P, message: 'a\0b\ud800c' }).text, 'a\uFFFDb\uFFFDc')
  })

  it('is otherwise kept as written', () => {
    for (const text of [
      '  x  ',
      '\u202Eabc\u2066',
      'e\u0301 é',
      '👩‍👩‍👧‍👦',
      "'; DROP TABLE x;--",
      '\x1b[2J',
    ]) {
      assert.equal(only({ from: P, message: text }).text, text)
    }
  })

  it('of an unknown type is kept as unsupported', () => {
    assert.equal(only({ from: P, message: 'x', type: 'poll' }).type, 'unsupported')
  })

  it('of a voice note may be without text', () => {
    const message = only({ messages: [{ from: P, type: 'ptt' }] })
    assert.deepEqual([message.type, message.text], ['voice', ''])
  })

  it('takes a caption instead of the file itself', () => {
    const file = 'A'.repeat(4000)
    const captioned = { from: P, type: 'image', body: file, caption: 'look' }
    assert.equal(only({ messages: [captioned] }).text, 'look')
    assert.equal(only({ messages: [{ from: P, type: 'image', body: file }] }).text, '')
    assert.equal(only({ messages: [{ from: P, body: file }] }).text, file)
  })

  it('reads media, name and quoted text', () => {
    const message = only({
      from: P,
      message: 'x',
      notifyName: 'Анна',
      quotedMsg: { body: 'before' },
      media: { url: 'https://example.com/a.jpg', mimetype: 'image/jpeg', filename: 'a.jpg' },
    })
    assert.equal(message.type, 'image')
    assert.equal(message.name, 'Анна')
    assert.equal(message.quoted, 'before')
    assert.deepEqual(message.media, {
      url: 'https://example.com/a.jpg',
      mimeType: 'image/jpeg',
      fileName: 'a.jpg',
    })
  })

  for (const url of [
    'file:///etc/passwd',
    'gopher://x',
    'http://a:b@x/',
    'javascript:alert(1)',
    'x',
  ]) {
    it(`drops the address ${url} and keeps the message`, () => {
      const message = only({ from: P, message: 'x', type: 'image', mediaUrl: url })
      assert.equal(message.media, undefined)
    })
  }

  it('does not read inherited or unknown fields', () => {
    const body = JSON.parse(
      `{"from":"${P}","message":"x","toString":1,"__proto__":{"name":"y"},"extra":"z","sender":"q"}`,
    )
    const message = only(body)
    assert.equal(message.name, undefined)
    assert.ok(!JSON.stringify(message).includes('z'))
    assert.equal(message.sender, undefined)
  })
})

describe('companyId', () => {
  const item = { from: P, message: 'x' }
  const tenantOf = (body: object, boundTenant: string | null = null) =>
    parseCall({ ...item, ...body }, { ...context, boundTenant }).messages[0]?.conversation.tenant

  it('names a configured tenant as text or number', () => {
    assert.equal(tenantOf({ companyId: 555 }), '555')
    assert.equal(tenantOf({ companyId: 'salon' }), 'salon')
  })

  it('left out is the default tenant, or the one of the secret', () => {
    assert.equal(tenantOf({}), 'default')
    assert.equal(tenantOf({ companyId: null }, 'salon'), 'salon')
  })

  for (const companyId of ['salon:7', 'nobody', '', 1.5, true, {}, ['555'], '__proto__']) {
    it(`${JSON.stringify(companyId)} is refused (acceptance 29)`, () => {
      assert.equal(thrownBy(() => tenantOf({ companyId })).code, 'unknown_tenant')
    })
  }

  it("of another tenant is refused for a tenant's own secret", () => {
    assert.equal(tenantOf({ companyId: 'salon' }, 'salon'), 'salon')
    for (const companyId of ['555', 'nobody']) {
      assert.equal(thrownBy(() => tenantOf({ companyId }, 'salon')).code, 'tenant_not_allowed')
    }
  })
})

describe('any JSON', () => {
  it('is parsed or refused with a code, and names every message', () => {
    const nearMiss = fc.record(
      {
        from: fc.oneof(fc.constant(P), fc.jsonValue()),
        body: fc.oneof(fc.string(), fc.jsonValue()),
        id: fc.jsonValue(),
        type: fc.jsonValue(),
        timestamp: fc.jsonValue(),
        media: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    const call = fc.oneof(fc.jsonValue(), nearMiss, fc.record({ messages: fc.array(nearMiss) }))
    fc.assert(
      fc.property(call, (body) => {
        try {
          const { messages, rejected, indexes } = parseCall(body, context)
          const all = [...indexes, ...rejected.map(({ index }) => index)].sort((a, b) => a - b)
          assert.equal(messages.length, indexes.length)
          assert.deepEqual(all, [...all.keys()])
        } catch (error) {
          if (!(error instanceof RapidFireError)) throw error
          assert.equal(error.status, 400)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
