import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitBefore } from './backoff.ts'

describe('the wait before the next try', () => {
  it('doubles from one second to one minute', () => {
    const waits = [1, 2, 3, 6, 7, 100].map((failures) => waitBefore(failures, null, () => 0))
    assert.deepEqual(waits, [1000, 2000, 4000, 32_000, 60_000, 60_000])
  })

  it('is up to a quarter shorter by the dice, and never below a second', () => {
    assert.equal(
      waitBefore(3, null, () => 1),
      3000,
    )
    assert.equal(
      waitBefore(1, null, () => 1),
      1000,
    )
  })

  it('is what the other side asks for, from one second to one minute', () => {
    const waits = [-5, 0, 1500, 600_000].map((asked) => waitBefore(9, asked))
    assert.deepEqual(waits, [1000, 1000, 1500, 60_000])
  })
})
