import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReadTimes } from './read-times.ts'

describe('when conversations were read', () => {
  it('is known of each, however many there are, and of no other', () => {
    const times = new ReadTimes()
    for (let n = 0; n < 5000; n += 1) times.set(`79${n}`, n, n % 2 === 0 ? `b_${n}` : null)
    for (let n = 0; n < 5000; n += 1) {
      assert.equal(times.get(`79${n}`), n)
      assert.equal(times.hadOpen(`79${n}`, `b_${n}`), n % 2 === 0)
    }
    assert.equal(times.get('79'), null)
    assert.equal(times.hadOpen('79', 'b_0'), false)
    assert.equal(times.hadOpen('790', 'b_2'), false)
  })

  it('is the last time', () => {
    const times = new ReadTimes()
    times.set('79', 1, 'b_1')
    times.set('79', 2, null)
    assert.equal(times.get('79'), 2)
    assert.equal(times.hadOpen('79', 'b_1'), false)
  })
})
