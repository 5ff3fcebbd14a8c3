import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runScript } from '../support/run-script.ts'

describe('turns in both modes, while backend and bridge fail and kill -9 falls', () => {
  for (const store of ['sqlite', 'redis']) {
    test(`faults 9, 71 on ${store}: nothing is lost, and no answer misses what was there before it`, async () => {
      const { code, output } = await runScript('test/turns/run.ts', [
        ...['--store', store, '--conversations', '60'],
      ])
      assert.equal(code, 0, output)
      assert.match(output, /^lost +0 +0$/m)
      assert.match(output, /^stale answers in interrupt +0$/m)
    })
  }
})
