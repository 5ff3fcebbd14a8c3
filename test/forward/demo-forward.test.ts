import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript } from '../support/run-script.ts'

test('bots written for a provider answer a burst once when the product stands between', async () => {
  const { code, output } = await runScript('test/forward/demo-forward.ts', [])
  assert.equal(code, 0, output)
  assert.match(output, /^each called once, as its provider calls$/m)
  assert.equal(output.match(/^ {2}calls to the bot +5 +1$/gm)?.length, 4)
  assert.equal(output.match(/«Привет можно записаться на стрижку завтра\?»/g)?.length, 4)
})
