import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runScript } from '../support/run-script.ts'
import { pointsOf } from './crash.ts'

/** Each role of a system on Redis dies at the same time; one process is killed point after point. */
const KILLS = { redis: pointsOf('redis').length, sqlite: 8 }

describe('kill -9 at named points', () => {
  for (const store of ['redis', 'sqlite'] as const) {
    test(`faults 1, 2, 3, 5, 6, 7, 8: of ${store} processes loses nothing and answers nothing twice`, async () => {
      const args = ['--store', store, '--runs', String(KILLS[store])]
      const { code, output } = await runScript('test/crash/run.ts', args)
      assert.equal(code, 0, output)
      assert.match(output, /^0 lost · 0 answered twice/m)
      assert.equal(output.match(/^ +1 {2}\w/gm)?.length, KILLS[store])
    })
  }
})
