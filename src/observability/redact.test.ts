import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { printable, printableJson, printableLines } from './printable.ts'
import { redactPeer, redactSentence } from './redact.ts'

const masked = { phones: 'masked', hashSecret: '' } as const
const hashed = { phones: 'hashed', hashSecret: 'a' } as const

describe('redaction', () => {
  test('masked shows the last four digits, and of a short address nothing', () => {
    assert.equal(redactPeer('79001234567', masked), '***4567')
    assert.equal(redactPeer('152900558844123@lid', masked), '***4123')
    assert.equal(redactPeer('1234', masked), '***')
  })

  test('hashes are the same for the same secret only', () => {
    const hash = redactPeer('79001234567', hashed)
    assert.match(hash, /^[0-9a-f]{16}$/)
    assert.equal(redactPeer('79001234567', hashed), hash)
    assert.notEqual(redactPeer('79001234567', { ...hashed, hashSecret: 'b' }), hash)
    assert.notEqual(redactPeer('79001234568', hashed), hash)
  })

  test('numbers in sentences are found, ids and addresses are left alone', () => {
    assert.equal(redactSentence('to +7 (900) 123-45-67: no', masked), 'to ***4567: no')
    assert.equal(redactSentence('79001234567', masked), '***4567')
    for (const kept of ['b_01M88GBRC97CX896Y09R4KZNJ7', 'redis 127.0.0.1:6379/0', 'in 123456 ms']) {
      assert.equal(redactSentence(kept, masked), kept)
    }
    assert.equal(redactSentence('to 79001234567', { ...masked, phones: 'full' }), 'to 79001234567')
  })
})

describe('printable', () => {
  const FORBIDDEN = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

  test('no control code of any text gets through, in lines and in JSON', () => {
    const nasty = fc.string({ unit: fc.nat(0x20ff).map((code) => String.fromCharCode(code)) })
    fc.assert(
      fc.property(nasty, (text) => {
        assert.doesNotMatch(printable(text), FORBIDDEN)
        assert.ok(!printable(text).includes('\n'))
        for (const line of printableLines(text)) assert.doesNotMatch(line, FORBIDDEN)
        assert.doesNotMatch(printableJson({ text }), FORBIDDEN)
        assert.deepEqual(JSON.parse(printableJson({ text })), { text })
      }),
    )
  })

  test('ordinary text in any script is left as it is', () => {
    for (const text of ['Привет, можно?', '你好', 'مرحبا', 'a‍b 👩‍👩‍👧'])
      assert.equal(printable(text), text)
  })
})
