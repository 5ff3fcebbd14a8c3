/** The command that shows it still shows it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runScript } from '../support/run-script.ts'

describe('npm run test:mcp', () => {
  it('plays the automatic test on a real service and ends well', async () => {
    const { code, output } = await runScript('test/mcp/run.ts', ['--parts', '3'])
    assert.equal(code, 0, output)
    assert.match(output, /^ok {4}one reply to one batch of 3: часть 1 часть 2 часть 3$/m)
    assert.match(output, /^ok {4}stdout: \d+ lines, each a message of JSON-RPC$/m)
    assert.doesNotMatch(output, /FAIL/)
  })

  it('refuses what it does not know', async () => {
    assert.equal((await runScript('test/mcp/run.ts', ['--parts', '11'])).code, 2)
  })
})
