import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Look, Silence } from './silence.ts'

const WAITS: Look = { waiting: 3, taken: 5, hasFreePlaces: true }

/** How many looks that see the same it takes until the worker is silent. */
function looksUntilSilent(silence: Silence, look: Look): number {
  for (let looks = 1; looks <= 1000; looks += 1) if (silence.saw(look)) return looks
  return Number.POSITIVE_INFINITY
}

describe('a worker is silent', () => {
  it('when jobs wait and it takes none, three looks in a row after one that knows its count', () => {
    const silence = new Silence()
    silence.saw({ ...WAITS, waiting: 0 })
    assert.equal(looksUntilSilent(silence, WAITS), 3)
  })

  it('not while it takes jobs, has no free place, or none wait', () => {
    const silence = new Silence()
    for (let taken = 0; taken < 100; taken += 1) {
      assert.equal(silence.saw({ ...WAITS, taken }), false)
    }
    assert.equal(
      looksUntilSilent(silence, { ...WAITS, hasFreePlaces: false }),
      Number.POSITIVE_INFINITY,
    )
    assert.equal(looksUntilSilent(silence, { ...WAITS, waiting: 0 }), Number.POSITIVE_INFINITY)
  })

  it('not by looks from before the queue could not be asked', () => {
    const silence = new Silence()
    for (let i = 0; i < 3; i += 1) silence.saw(WAITS)
    silence.forget()
    assert.equal(looksUntilSilent(silence, WAITS), 3)
  })

  it('ever less often, until it takes one again', () => {
    const silence = new Silence()
    silence.saw({ ...WAITS, waiting: 0 })
    const each = [1, 2, 3, 4, 5, 6].map(() => looksUntilSilent(silence, WAITS))
    assert.deepEqual(each, [3, 6, 12, 24, 40, 40])
    const next = { ...WAITS, taken: 6 }
    silence.saw(next)
    assert.equal(looksUntilSilent(silence, next), 3)
  })
})
