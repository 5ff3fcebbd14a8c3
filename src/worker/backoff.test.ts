import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { backoffMs, MAX_BACKOFF_MS } from './backoff.ts'

describe('backoff', () => {
  it('doubles with each try, spread over the upper half', () => {
    assert.equal(backoffMs(2000, 0, 0), 1000)
    assert.equal(backoffMs(2000, 0, 0.999_999), 2000)
    assert.equal(backoffMs(2000, 3, 0), 8000)
  })
  it('never exceeds its bound', () => {
    fc.assert(
      fc.property(
        fc.nat(900_000),
        fc.nat(1000),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (base, n, r) => {
          const ms = backoffMs(base, n, r)
          assert.ok(ms >= 0 && ms <= MAX_BACKOFF_MS && Number.isInteger(ms))
        },
      ),
    )
  })
})
