import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RapidFireError } from '../../errors.ts'
import { readBody } from './read-body.ts'

const isUnusable = (error: unknown): error is RapidFireError =>
  error instanceof RapidFireError && error.code === 'answer_unusable'

const read = (body: string | Buffer, contentType: string | null) =>
  readBody({ bytes: Buffer.from(body), contentType, lastMessageId: 'A9' })

function refused(body: string | Buffer, contentType: string | null): string {
  try {
    const answer = read(body, contentType)
    assert.fail(`was read as ${JSON.stringify(answer)}`)
  } catch (error) {
    assert.ok(isUnusable(error), String(error))
    return error.message
  }
}

const JSON_TYPES = [
  'application/json',
  'Application/JSON; charset=utf-8',
  'application/problem+json',
  'text/json',
]

describe('a body of JSON', () => {
  for (const type of JSON_TYPES) {
    it(`is ${type}`, () => {
      assert.equal(read('{"reply":"Привет"}', type), 'Привет')
      assert.equal(read('"Привет"', type), 'Привет')
    })
  }

  it('may begin with a byte order mark', () => {
    assert.equal(read('\ufeff{"reply":"x"}', 'application/json'), 'x')
  })

  it('puts a reaction on the last message', () => {
    assert.deepEqual(read('{"reaction":"❤️"}', 'application/json'), [
      { reaction: '❤️', messageId: 'A9' },
    ])
  })

  it('becomes well-formed where an escape is half a character', () => {
    assert.equal(read('{"reply":"a\\ud83d"}', 'application/json'), 'a\ufffd')
  })

  it('that is none is refused without quoting it', () => {
    for (const body of ['{"reply":"canary"', 'canary', "{'reply':'canary'}", '{"a":1} canary']) {
      assert.doesNotMatch(refused(body, 'application/json'), /canary/)
    }
  })

  it('nested however deep is refused', () => {
    refused('['.repeat(500_000), 'application/json')
    refused('['.repeat(100_000) + ']'.repeat(100_000), 'application/json')
  })
})

describe('a body of text', () => {
  for (const type of ['text/plain', 'text/plain;charset=UTF-8', 'text/markdown']) {
    it(`is the answer as ${type}`, () => {
      assert.equal(read(' a\n\nb ', type), ' a\n\nb ')
      assert.equal(read('{"reply":"x"}', type), '{"reply":"x"}')
    })
  }

  it('that is no UTF-8 has its broken bytes replaced', () => {
    const broken = Buffer.concat([Buffer.from('a'), Buffer.from([0xff, 0xc3, 0x28])])
    assert.equal(read(broken, 'text/plain'), 'a\ufffd\ufffd(')
    const utf16 = Buffer.from('\ufeffhi', 'utf16le')
    assert.equal(read(utf16, 'text/plain'), '\ufffd\ufffdh\0i\0')
    const quoted = Buffer.concat([Buffer.from('"'), broken, Buffer.from('"')])
    assert.equal(read(quoted, 'application/json'), 'a\ufffd\ufffd(')
  })
})

describe('a body without a type', () => {
  for (const type of [null, '', ' ', 'application/octet-stream']) {
    it(`is JSON where it is JSON, else text (${JSON.stringify(type)})`, () => {
      assert.equal(read('{"reply":"x"}', type), 'x')
      assert.deepEqual(read('["a","b"]', type), [{ text: 'a' }, { text: 'b' }])
      assert.equal(read('"x"', type), 'x')
      assert.equal(read('null', type).length, 0)
      assert.equal(read('Hello', type), 'Hello')
      assert.equal(read('42', type), '42')
      assert.equal(read('[sic] hello', type), '[sic] hello')
    })
  }
})

describe('an empty body', () => {
  for (const type of [null, 'application/json', 'text/plain', 'text/html', 'image/png']) {
    it(`is silence as ${type}`, () => {
      for (const body of ['', ' ', '\r\n', '\ufeff']) assert.equal(read(body, type).length, 0)
    })
  }
})

describe('a body that is no answer', () => {
  it('is a page by its type or by its looks', () => {
    for (const type of ['text/html', 'TEXT/HTML; charset=utf-8', 'application/xhtml+xml']) {
      assert.match(refused('Hello', type), /text\/plain or as JSON/)
    }
    for (const type of [null, 'text/plain', 'application/json']) {
      assert.match(refused('\n<!doctype html><h1>502 Bad Gateway', type), /web page/)
      assert.match(refused('<html><body>', type), /web page/)
    }
  })

  it('is of another type', () => {
    for (const type of ['image/png', 'text/event-stream', 'application/xml', 'nonsense', '\0']) {
      assert.match(refused('x', type), /neither JSON nor text/)
    }
  })
})

describe('whatever the bytes and the type', () => {
  it('it is an answer or refused with one code', () => {
    const types = fc.oneof(
      fc.constantFrom(null, ...JSON_TYPES, 'text/plain', 'text/html', ''),
      fc.string({ unit: 'binary' }),
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
    )
    fc.assert(
      fc.property(bytes, types, (given, contentType) => {
        try {
          const answer = readBody({ bytes: given, contentType, lastMessageId: null })
          assert.ok(typeof answer === 'string' || Array.isArray(answer))
        } catch (error) {
          if (!isUnusable(error)) throw error
        }
      }),
      { numRuns: 2000 },
    )
  })
})
