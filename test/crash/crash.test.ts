import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runScript } from '../support/run-script.ts'
import { POINTS } from './points.ts'

describe('kill -9 at each named point', () => {
  for (const store of ['redis', 'sqlite']) {
    test(`faults 2, 5, 6, 7: of ${store} processes loses nothing and answers nothing twice`, async () => {
      const runs = String(POINTS.length)
      const { code, output } = await runScript('test/crash/run.ts', [
        '--store',
        store,
        '--runs',
        runs,
      ])
      assert.equal(code, 0, output)
      assert.match(output, /^0 lost · 0 answered twice/m)
      for (const { name } of POINTS) assert.match(output, new RegExp(`^ +1  ${name}$`, 'm'))
    })
  }
})
