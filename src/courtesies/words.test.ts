import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isWord } from './words.ts'

const WORDS = ['СТОП', 'STOP', 'Straße', 'İPTAL', '/bot off', 'café', '!']

describe('a word that is said to the machine', () => {
  for (const said of [
    ...['СТОП', 'стоп', 'Стоп!', ' стоп. ', 'stop', 'Stop!!! ', 'stop . ! .\n', '\u00a0stop\u00a0'],
    ...['straße', 'STRASSE', 'STRAẞE', 'iptal', 'İptal', 'ıptal', 'IPTAL', '/BOT OFF', 'Café'],
    ...['cafe\u0301', 'CAFE\u0301.', '!', ' ! '],
  ]) {
    it(`is ${JSON.stringify(said)}`, () => assert.ok(isWord(said, WORDS)))
  }
})

describe('anything else', () => {
  for (const said of [
    ...['', ' ', '.', '...', 'stopp', 'st op', 'stop it', 'please stop', 'stop stop', 'не стоп'],
    ...['стоп?', 'stop,', '"stop"', '!stop', '.stop', 'cafe', '/bot  off', 'bot off', 'stop\0'],
    ...['s.top', 'стоп1', 'сtop', 'ſtop/', '/stop'],
  ]) {
    it(`is not: ${JSON.stringify(said)}`, () => assert.ok(!isWord(said, WORDS)))
  }
  it('is no word where there is none', () => {
    assert.ok(!isWord('stop', []))
    assert.ok(!isWord('', ['']))
  })
})

describe('any word', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => /[^.!\s]/.test(text))
  it('is known alone, in either case, with dots behind it', () => {
    fc.assert(
      fc.property(word, (text) => {
        for (const said of [text, text.toLowerCase(), text.toUpperCase(), ` ${text} !.`]) {
          assert.ok(isWord(said, ['other', text]), JSON.stringify(said))
        }
      }),
      { numRuns: 2000 },
    )
  })
  it('is known in letters of which some become longer or join with others', () => {
    const plain = [...range(0x20, 0x7e), ...range(0x400, 0x45f)]
    const unit = fc.constantFrom(...plain, 'ß', 'ẞ', 'ﬁ', 'ŉ', 'İ', 'ı', 'ΐ', '\u0301', '\u0306')
    const text = fc.string({ unit, minLength: 1 }).filter((one) => /[^.!\s]/.test(one))
    fc.assert(
      fc.property(text, (said) => {
        for (const word of [said.toUpperCase(), said.toLowerCase(), said.normalize('NFD')]) {
          assert.ok(isWord(said, ['other', word]), JSON.stringify([said, word]))
        }
      }),
      { numRuns: 5000 },
    )
  })
  it('is not known inside of something longer', () => {
    fc.assert(
      fc.property(word, word, (text, more) => {
        fc.pre(/\p{L}/u.test(more))
        assert.ok(!isWord(`${text} ${more} ${text}`, [text]))
      }),
    )
  })
  it('never breaks on any text', () => {
    const any = fc.string({ unit: 'binary' })
    fc.assert(fc.property(any, any, (text, other) => void isWord(text, [other, '(a+)+$', '['])))
  })
  it('is judged soon in 2 MB', { timeout: 5000 }, () => {
    for (const unit of ['stop ', '! ', '.', 'İ', 'ẞ', '\u0301', '\ud800']) {
      const long = `stop${unit.repeat(2_000_000 / unit.length)}`
      assert.equal(isWord(`${long}x`, WORDS), false)
      assert.equal(isWord(long, WORDS), unit === '! ' || unit === '.')
    }
  })
})

function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, n) => String.fromCharCode(first + n))
}
