import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript } from '../support/run-script.ts'

test('a person talks to a model, in each mode, and is answered once each time', async () => {
  const { code, output } = await runScript('test/ai/demo-ai.ts', [])
  assert.equal(code, 0, output)
  assert.match(output, /^each answered once, as it should be$/m)
  assert.match(output, /the call is aborted/)
})
