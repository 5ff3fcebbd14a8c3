import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PEER_PATTERN } from '../conversation-key.ts'
import { PhoneReader, peerOf } from './phone.ts'

const peers = (region: string, table: Record<string, string>) => {
  for (const [from, peer] of Object.entries(table)) {
    it(`reads ${JSON.stringify(from)} as ${peer} with region ${region}`, () => {
      assert.deepEqual(peerOf(from, region), { peer })
    })
  }
}

describe('one person under many spellings (acceptance 25)', () => {
  peers('RU', {
    '79001234567': '79001234567',
    '+79001234567': '79001234567',
    '+7 (900) 123-45-67': '79001234567',
    '8 900 123 45 67': '79001234567',
    '89001234567': '79001234567',
    '9001234567': '79001234567',
    '79001234567@c.us': '79001234567',
    '79001234567@s.whatsapp.net': '79001234567',
    '79001234567:12@s.whatsapp.net': '79001234567',
    '79001234567_1:3@s.whatsapp.net': '79001234567',
    '79001234567@C.US': '79001234567',
    ' 79001234567 ': '79001234567',
    '７９００１２３４５６７': '79001234567',
    '٧٩٠٠١٢٣٤٥٦٧': '79001234567',
    '7900\u200b123\u200f4567': '79001234567',
    '+7‑900‑123‑45‑67': '79001234567',
    '7 900 123-45-67': '79001234567',
  })
})

describe('numbers of other countries stay what they are (acceptance 26)', () => {
  peers('RU', {
    '+84912345678': '84912345678',
    '84912345678': '84912345678',
    '+9607712345': '9607712345',
    '9607712345': '9607712345',
    '81312345678': '81312345678',
    '85212345678@c.us': '85212345678',
    '85212345678': '85212345678',
    '9001234567@c.us': '9001234567',
    '00442079460958': '442079460958',
    '+442079460958': '442079460958',
    '+44 (0)20 7946 0958': '442079460958',
    '+1 647 555 0123': '16475550123',
    '5215512345678': '5215512345678',
    '+5215512345678': '5215512345678',
    '1234567': '1234567',
    '123456789012345': '123456789012345',
  })
  peers('NONE', { '9001234567': '9001234567', '89001234567': '89001234567' })
  peers('DE', { '0171 2345678': '491712345678', '01712345678': '491712345678' })
})

describe('hidden numbers stay hidden numbers', () => {
  peers('RU', {
    '152900558844123@lid': '152900558844123@lid',
    '15290055884412377@lid': '15290055884412377@lid',
    '152900558844123:7@lid': '152900558844123@lid',
  })
})

describe('what is nobody is refused (acceptance 8)', () => {
  const table: [unknown, string][] = [
    [undefined, 'invalid_phone'],
    [null, 'invalid_phone'],
    [79001234567, 'invalid_phone'],
    [true, 'invalid_phone'],
    [['79001234567'], 'invalid_phone'],
    [{ $ne: null }, 'invalid_phone'],
    ['', 'invalid_phone'],
    ['+', 'invalid_phone'],
    ['-', 'invalid_phone'],
    ['abc', 'invalid_phone'],
    ['12345', 'invalid_phone'],
    ['123', 'invalid_phone'],
    ['1'.repeat(16), 'invalid_phone'],
    ['1'.repeat(40), 'invalid_phone'],
    ['7'.repeat(65_536), 'invalid_phone'],
    ['++79001234567', 'invalid_phone'],
    ['7900abc1234567', 'invalid_phone'],
    ['79001234567\0', 'invalid_phone'],
    ['79001234567\r\n', 'invalid_phone'],
    ['7900:1234567', 'invalid_phone'],
    ['{p1}79001234567', 'invalid_phone'],
    ['7900*', 'invalid_phone'],
    ['7900?234567', 'invalid_phone'],
    ['[7]9001234567', 'invalid_phone'],
    ['../../etc/passwd', 'invalid_phone'],
    ['stats', 'invalid_phone'],
    ['__proto__', 'invalid_phone'],
    ['constructor', 'invalid_phone'],
    ['RU.abc123', 'invalid_phone'],
    ['📞79001234567', 'invalid_phone'],
    ['abc@c.us', 'invalid_phone'],
    ['123@c.us', 'invalid_phone'],
    ['@c.us', 'invalid_phone'],
    ['abc@lid', 'invalid_phone'],
    ['0@c.us', 'unsupported_peer'],
    ['79001234567-1612345678@g.us', 'unsupported_peer'],
    ['120363025246125486@g.us', 'unsupported_peer'],
    ['status@broadcast', 'unsupported_peer'],
    ['120363025246125486@newsletter', 'unsupported_peer'],
    ['79001234567@example.com', 'unsupported_peer'],
  ]
  for (const [from, code] of table) {
    it(`refuses ${JSON.stringify(from)?.slice(0, 40)}`, () => {
      const read = peerOf(from, 'RU')
      assert.ok('code' in read, `read as ${JSON.stringify(read)}`)
      assert.equal(read.code, code)
      assert.ok(read.allowed.length > 10)
    })
  }
})

describe('any text', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'0123456789+@:._-() cusglid') }),
  )

  it('is refused or becomes what may stand in a key', () => {
    fc.assert(
      fc.property(nasty, fc.constantFrom('RU', 'NONE', 'US', 'XX'), (from, region) => {
        const read = peerOf(from, region)
        if ('peer' in read) {
          assert.match(read.peer, /^\d{7,15}$|^\d{5,20}@lid$/)
          assert.match(read.peer, PEER_PATTERN)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('never loses a number that a messenger delivered', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9]\d{6,14}$/), (digits) => {
        for (const suffix of ['@c.us', '@s.whatsapp.net', ':5@s.whatsapp.net']) {
          assert.deepEqual(peerOf(digits + suffix, 'RU'), { peer: digits })
        }
        assert.deepEqual(peerOf(`+${digits}`, 'RU'), { peer: digits })
        assert.ok('peer' in peerOf(digits, 'RU'))
      }),
    )
  })
})

describe('PhoneReader', () => {
  it('answers from its cache as it answered first, and holds no more than its bound', () => {
    const reader = new PhoneReader('RU', 2)
    const first = reader.read('89001234567')
    assert.equal(reader.read('89001234567'), first)
    reader.read('79001234568')
    reader.read('79001234569')
    const again = reader.read('89001234567')
    assert.notEqual(again, first)
    assert.deepEqual(again, first)
  })

  it('refuses what is no text without caching it', () => {
    assert.ok('code' in new PhoneReader('RU', 1).read(7))
  })
})
