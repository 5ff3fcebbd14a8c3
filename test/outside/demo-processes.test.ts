import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript } from '../support/run-script.ts'

test('five processes on one Redis: everybody has one answer, in order', async () => {
  const { code, output } = await runScript('test/outside/demo-processes.ts', ['--people', '200'])
  assert.equal(code, 0, output)
  assert.match(output, /^0 lost · 0 doubled · 0 people out of order$/m)
})
