import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { endOfWay, onOurClock, startOfWay } from './stalls.ts'

const { timeOrigin } = performance
const STALLS = [
  { from: 100, to: 200 },
  { from: 320, to: 400 },
]

describe('what a request takes on its way', () => {
  test('is counted without the times in which somebody stood still', () => {
    assert.equal(endOfWay(0, 50, STALLS), 50)
    assert.equal(endOfWay(150, 50, STALLS), 250)
    assert.equal(endOfWay(90, 150, STALLS), 420)
    assert.equal(endOfWay(500, 50, STALLS), 550)
  })

  test('is the same backwards', () => {
    assert.equal(startOfWay(600, 50, STALLS), 550)
    assert.equal(startOfWay(420, 150, STALLS), 90)
    assert.equal(startOfWay(350, 50, STALLS), 270)
    assert.equal(startOfWay(90, 50, STALLS), 40)
  })

  test('two who stand still at once stand still once', () => {
    const told = [
      { from: timeOrigin + 50, to: timeOrigin + 80 },
      { from: timeOrigin + 10, to: timeOrigin + 60 },
      { from: timeOrigin + 90, to: timeOrigin + 99 },
    ]
    const ours = onOurClock(told).map(({ from, to }) => [Math.round(from), Math.round(to)])
    assert.deepEqual(ours, [
      [10, 80],
      [90, 99],
    ])
  })
})
