/** How much is in the store, for figures and alarms. */
import assert from 'node:assert/strict'
import type { Case } from './scene.ts'
import { ANNA, BORIS, CLARA, HOUR, IDLE } from './scene.ts'

export function loadCases(it: Case): void {
  it('an empty one has nothing', async (scene) => {
    const { memory, counts, ...load } = await scene.store.load()
    assert.deepEqual(load, {
      ...{ openBatches: 0, turns: 0, failedBatches: 0, holds: 0 },
      ...{ oldestOpenMs: 0, overdueMs: 0 },
    })
    assert.deepEqual(counts, await scene.counts())
    if (memory) assert.ok(memory.usedBytes > 0 && memory.limitBytes !== 0)
  })

  it('counts what is open, in flight, failed and held', async (scene) => {
    await scene.failed(ANNA, ['a'])
    await scene.turn(BORIS, ['b'])
    await scene.write(BORIS, ['c'])
    await scene.write(CLARA, ['d'])
    await scene.store.retime(ANNA, { kind: 'hold', forMs: HOUR, why: 'paused', atLeast: false })
    const { openBatches, turns, failedBatches, holds } = await scene.store.load()
    assert.deepEqual([openBatches, turns, failedBatches, holds], [2, 1, 1, 1])
    await scene.advance(2 * HOUR)
    assert.equal((await scene.store.load()).holds, 0)
  })

  it('tells the age of what is due first, and for how long it has been due', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.advance(4000)
    await scene.write(BORIS, ['b'])
    await scene.advance(1000)
    const young = await scene.store.load()
    assert.deepEqual([young.oldestOpenMs, young.overdueMs], [5000, 0])
    await scene.advance(IDLE)
    const late = await scene.store.load()
    assert.deepEqual([late.oldestOpenMs, late.overdueMs], [15_000, 5000])
  })

  it('what waits behind a turn is not late', async (scene) => {
    await scene.turn(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    await scene.advance(HOUR)
    const { openBatches, oldestOpenMs, overdueMs } = await scene.store.load()
    assert.deepEqual([openBatches, oldestOpenMs, overdueMs], [1, 0, 0])
  })
}
