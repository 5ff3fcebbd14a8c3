import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, play } from './backpressure.ts'

test('no worker for a while: the bound holds, nobody who was taken is lost, and the rest is taken later', async () => {
  const plan = {
    ...{ bound: 200, talkers: 20, more: 12, newcomers: 40, concurrency: 4, askMs: 20 },
    ...{ maxMemoryMb: 24, heldMs: 0, onStep: () => {} },
  }
  const report = await play(plan)
  assert.deepEqual(judge(plan, report), [])
})
