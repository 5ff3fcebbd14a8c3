import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runScript } from '../support/run-script.ts'

describe('a human who steps in before, during and between the parts of an answer', () => {
  for (const store of ['sqlite', 'redis']) {
    test(`on ${store}: silences the bot, and what they had not seen is answered`, async () => {
      const { code, output } = await runScript('test/takeover/run.ts', [
        ...['--store', store, '--conversations', '60', '--scenes', '2'],
      ])
      assert.equal(code, 0, output)
      assert.match(output, /^bot parts after the human's message +0 +0$/m)
      assert.match(output, /^echoes taken for a human +0 +0$/m)
      assert.match(output, /^old ones answered +0 +0$/m)
    })
  }
})
