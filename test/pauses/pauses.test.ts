import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript } from '../support/run-script.ts'

test('faults 15, 16, 17: a worker and a processor that were frozen for longer than their lease are fenced', async () => {
  const { code, output } = await runScript('test/pauses/run.ts', ['--each', '1'])
  assert.equal(code, 0, output)
  assert.match(output, /^0 lost · 0 answered twice/m)
})
