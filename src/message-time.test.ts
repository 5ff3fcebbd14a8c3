import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTime } from './message-time.ts'

const NOW = Date.parse('2026-01-15T12:00:00Z')
const SECONDS = NOW / 1000
const DAY = 24 * 3_600_000

describe('a time that can be read', () => {
  const table: [string, unknown, number, boolean][] = [
    ['seconds', SECONDS - 5, NOW - 5000, false],
    ['seconds with a fraction', SECONDS - 4.5, NOW - 4500, true],
    ['milliseconds', NOW - 5, NOW - 5, true],
    ['microseconds', (NOW - 5) * 1000 + 7, NOW - 5, true],
    ['seconds as digits', String(SECONDS), NOW, false],
    ['milliseconds as digits', String(NOW - 1), NOW - 1, true],
    ['ISO with milliseconds', '2026-01-15T11:59:59.250Z', NOW - 750, true],
    ['ISO to the second', '2026-01-15T11:59:59Z', NOW - 1000, false],
    ['ISO with a zone', '2026-01-15T14:59:59+03:00', NOW - 1000, false],
    ['RFC 2822', 'Thu, 15 Jan 2026 11:59:00 GMT', NOW - 60_000, false],
    ['a 64-bit integer', { low: SECONDS | 0, high: 0, unsigned: true }, NOW, false],
    ['29 days ago', NOW - 29 * DAY, NOW - 29 * DAY, true],
    ['4 minutes ahead', NOW + 4 * 60_000, NOW + 4 * 60_000, true],
  ]
  for (const [name, given, sentAt, exact] of table) {
    it(`fault 58: is taken: ${name}`, () => {
      const time = readTime(given, NOW)
      assert.deepEqual([time.sentAt, time.exact], [sentAt, exact])
    })
  }
})

describe('a time that cannot be believed counts as the time of arrival', () => {
  const table: [string, unknown][] = [
    ['absent', undefined],
    ['null', null],
    ['zero', 0],
    ['negative', -1],
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['1e20', 1e20],
    ['beyond dates', 8.64e15 + 1],
    ['31 days ago', NOW - 31 * DAY],
    ['6 minutes ahead', NOW + 6 * 60_000],
    ['1970', '1970-01-01T00:00:00Z'],
    ['2100', '2100-01-01T00:00:00Z'],
    ['a leap second', '2026-01-15T23:59:60Z'],
    ['ISO without a zone', '2026-01-15T11:59:59'],
    ['blanks around digits', ` ${SECONDS} `],
    ['1e12', '1e12'],
    ['hexadecimal', '0x18bcfe56800'],
    ['words', 'yesterday'],
    ['empty', ''],
    ['a boolean', true],
    ['an array', [SECONDS]],
    ['an object', { low: 'x', high: 0 }],
  ]
  for (const [name, given] of table) {
    it(`fault 58: is not taken: ${name}`, () => {
      const time = readTime(given, NOW)
      assert.deepEqual([time.sentAt, time.exact], [null, false])
    })
  }
})

describe('the time as given', () => {
  it('is kept whether believed or not, cut to what a time needs', () => {
    assert.equal(readTime(5, NOW).original, 5)
    assert.equal(readTime('yesterday', NOW).original, 'yesterday')
    assert.equal(readTime('x'.repeat(1000), NOW).original, 'x'.repeat(64))
    assert.equal(readTime('\ud800\0', NOW).original, '\uFFFD\uFFFD')
  })

  it('is left out where it is none', () => {
    for (const given of [undefined, null, Number.POSITIVE_INFINITY, {}, true]) {
      assert.ok(!('original' in readTime(given, NOW)))
    }
  })
})
