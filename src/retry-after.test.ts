import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { retryAfterMs, retryAfterOf } from './retry-after.ts'

const NOW = Date.parse('2026-11-24T10:00:00Z')

describe('Retry-After', () => {
  const forms: readonly [string | null | undefined, number | null][] = [
    ['7', 7000],
    [' 0 ', 0],
    ['1.5', 1500],
    ['3600', 3_600_000],
    ['Tue, 24 Nov 2026 10:02:00 GMT', 120_000],
    ['Tuesday, 24-Nov-26 10:02:00 GMT', 120_000],
    ['Tue Nov 24 10:02:00 2026', 120_000],
    // Absurd, and the caller's to clamp.
    ['-1', -1000],
    ['1e9', 1_000_000_000_000],
    ['Tue, 24 Nov 2026 09:00:00 GMT', -3_600_000],
    // Nothing that can be read.
    ['', null],
    [null, null],
    [undefined, null],
    ['soon', null],
    ['Infinity', null],
    ['9'.repeat(308), null],
    ['NaN', null],
    ['Tue, 99 Foo 2026', null],
    ['2026-11-24T10:02:00Z', null],
  ]
  for (const [header, ms] of forms) {
    it(`fault 70: ${JSON.stringify(header)} is ${ms} ms`, () =>
      assert.equal(retryAfterMs(header, NOW), ms))
  }

  it('is a finite number or null, whatever the header is', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const ms = retryAfterMs(header, NOW)
        assert.ok(ms === null || Number.isFinite(ms))
      }),
    )
  })

  it('in ms goes before the one in seconds, when it is a number', () => {
    assert.equal(retryAfterOf({ 'retry-after-ms': '250', 'retry-after': '9' }, NOW), 250)
    assert.equal(retryAfterOf({ 'retry-after-ms': 'x', 'retry-after': '9' }, NOW), 9000)
    assert.equal(retryAfterOf({ 'retry-after-ms': '', 'retry-after': '9' }, NOW), 9000)
    assert.equal(retryAfterOf({ 'retry-after': '9' }, NOW), 9000)
    assert.equal(retryAfterOf({}, NOW), null)
  })
})
