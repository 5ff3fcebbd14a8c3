import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBatchId, newBatchId } from './batch-id.ts'

test('ids of a thousand milliseconds sort by time, and the rest of each is its own', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
  const ids = Array.from({ length: 1000 }, () => {
    t.mock.timers.tick(1)
    return newBatchId()
  })
  assert.ok(ids.every(isBatchId))
  assert.deepEqual(ids.toSorted(), ids)
  const rests = ids.map((id) => id.slice(-16))
  assert.equal(new Set(rests).size, ids.length)
  // In each place each of the 32 letters, and none at the cost of others: 31 times on average.
  for (let place = 0; place < 16; place += 1) {
    const times = Map.groupBy(rests, (rest) => rest.charAt(place))
    assert.equal(times.size, 32)
    assert.ok(Math.max(...times.values().map(({ length }) => length)) < 80)
  }
})
