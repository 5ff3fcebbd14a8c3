import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RapidFireError } from '../../errors.ts'
import { field, MAX_DEPTH, parseBody, reserialise } from './json.ts'

const parse = (text: string | Buffer) => parseBody(Buffer.from(text))

function codeOf(text: string | Buffer): string {
  try {
    parse(text)
    return 'ok'
  } catch (error) {
    assert.ok(error instanceof RapidFireError)
    return error.code
  }
}

describe('parseBody', () => {
  const refused: Record<string, [string | Buffer, string]> = {
    nothing: ['', 'invalid_json'],
    'a cut body': ['{"from":', 'invalid_json'],
    'a trailing comma': ['{"a":1,}', 'invalid_json'],
    'a comment': ['{/* x */}', 'invalid_json'],
    'single quotes': ["{'a':1}", 'invalid_json'],
    NaN: ['{"a":NaN}', 'invalid_json'],
    'two values': ['{} {}', 'invalid_json'],
    'lines of JSON': ['{}\n{}', 'invalid_json'],
    'a raw NUL': ['{"a":"\0"}', 'invalid_json'],
    'two byte order marks': ['\uFEFF\uFEFF{}', 'invalid_json'],
    'UTF-16': [Buffer.from('{"a":1}', 'utf16le'), 'invalid_json'],
    'an array nested 65 deep': ['['.repeat(65) + ']'.repeat(65), 'too_deep'],
    'an array nested 130 000 deep': ['['.repeat(130_000) + ']'.repeat(130_000), 'too_deep'],
    'objects nested 40 000 deep': ['{"a":'.repeat(40_000), 'too_deep'],
    'from twice': ['{"from":"1","from":"2"}', 'invalid_format'],
    'from twice, once escaped': ['{"from":"1","\\u0066rom":"2"}', 'invalid_format'],
    'from twice in an element': ['{"messages":[{"from":"1","x":{},"from":"2"}]}', 'invalid_format'],
    'companyId twice': ['{"companyId":1, "companyId" : 2}', 'invalid_format'],
  }
  for (const [name, [text, code]] of Object.entries(refused)) {
    it(`refuses ${name}`, () => assert.equal(codeOf(text), code))
  }

  it('takes a byte order mark', () => {
    assert.deepEqual(parse('\uFEFF{"a":1}'), { a: 1 })
  })

  it('takes JSON nested as deep as allowed', () => {
    assert.equal(codeOf('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH)), 'ok')
  })

  it('is not misled by brackets and names inside texts', () => {
    const value = { from: '[{'.repeat(100), x: ['"from":', '\\"from\\":"', { from: 'y' }], y: '\\' }
    assert.deepEqual(parse(JSON.stringify(value)), value)
  })

  it('replaces bytes that are no UTF-8', () => {
    const body = Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from('"}'),
    ])
    assert.deepEqual(parse(body), { a: '\uFFFD\uFFFD' })
  })

  it('reads any JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        assert.deepEqual(parse(text), JSON.parse(text))
        assert.equal(reserialise(Buffer.from(text)), JSON.stringify(JSON.parse(text)))
      }),
    )
  })

  it('pollutes nothing with __proto__ and constructor', () => {
    const body = parse('{"__proto__":{"from":"x"},"constructor":{"prototype":{"from":"y"}},"a":1}')
    assert.equal(field(body, 'from'), undefined)
    assert.equal(field({}, 'from'), undefined)
    assert.equal(field(body, 'a'), 1)
  })
})

describe('field', () => {
  it('reads own properties only, of anything', () => {
    assert.equal(field({}, 'toString'), undefined)
    assert.equal(field(null, 'a'), undefined)
    assert.equal(field('text', 'length'), undefined)
    assert.equal(field([1], '0'), 1)
  })
})

describe('reserialise', () => {
  it('answers null for what is no JSON', () => {
    assert.equal(reserialise(Buffer.from('{')), null)
  })
})
