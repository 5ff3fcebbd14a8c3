import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runScript } from '../../test/support/run-script.ts'

it('a queue that is stopped while its Redis is gone keeps no process alive', {
  timeout: 60_000,
}, async () => {
  const { code, output } = await runScript('test/faults/left-queue.ts', [])
  assert.equal(code, 0, output)
  assert.match(output, /^stopped$/m)
})
