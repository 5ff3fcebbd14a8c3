import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ceilingsAt, WARM_UP_DAYS } from './ceilings.ts'

const DAY = 86_400_000
const SINCE = '2026-11-01'
const START = Date.parse(SINCE)
const set = (more: object = {}) => ({
  sendPerMinute: null,
  sendPerDay: null,
  sendNewSince: null,
  ...more,
})
const BRIDGE = { perMinute: 20, perDay: null }
const FREE = { perMinute: null, perDay: null }

describe('what an account may send', () => {
  it('is what its channel bears, unless the tenant says otherwise', () => {
    assert.deepEqual(ceilingsAt(BRIDGE, set(), START), BRIDGE)
    assert.deepEqual(ceilingsAt(FREE, set(), START), FREE)
    assert.deepEqual(ceilingsAt(BRIDGE, set({ sendPerMinute: 5, sendPerDay: 100 }), START), {
      perMinute: 5,
      perDay: 100,
    })
    assert.deepEqual(ceilingsAt(BRIDGE, set({ sendPerMinute: 0, sendPerDay: 0 }), START), FREE)
  })

  it('grows each day while the number is new, and never above what is set', () => {
    const at = (day: number, more: object = {}) =>
      ceilingsAt(BRIDGE, set({ sendNewSince: SINCE, ...more }), START + day * DAY + 1)
    assert.deepEqual(at(0), { perMinute: 5, perDay: 50 })
    assert.deepEqual(at(1), { perMinute: 6, perDay: 65 })
    const days = Array.from({ length: WARM_UP_DAYS }, (_, day) => at(day).perDay ?? 0)
    assert.ok(
      days.every((perDay, i) => i === 0 || perDay > (days[i - 1] ?? 0)),
      String(days),
    )
    assert.deepEqual(at(WARM_UP_DAYS), BRIDGE)
    assert.deepEqual(at(5, { sendPerDay: 60, sendPerMinute: 3 }), { perMinute: 3, perDay: 60 })
    assert.deepEqual(at(-3), { perMinute: 5, perDay: 50 })
  })
})
