import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { pauseMs } from './pace.ts'

describe('the pause between two bubbles', () => {
  it('reaches from the shortest to the longest, both included', () => {
    assert.equal(pauseMs(800, 1200, 0), 800)
    assert.equal(pauseMs(800, 1200, 0.5), 1000)
    assert.equal(pauseMs(800, 1200, 0.999_999), 1200)
  })
  it('is none where none is wanted, and fixed where both are equal', () => {
    assert.equal(pauseMs(0, 0, 0.999_999), 0)
    assert.equal(pauseMs(500, 500, 0.999_999), 500)
  })
  it('is a whole number between both, whatever chance says', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.nat(60_000), fc.nat(60_000), random, (minMs, moreMs, x) => {
        const ms = pauseMs(minMs, minMs + moreMs, x)
        assert.ok(Number.isInteger(ms) && ms >= minMs && ms <= minMs + moreMs)
      }),
    )
  })
})
