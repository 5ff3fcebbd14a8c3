import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runScript } from '../support/run-script.ts'
import { pointsOf } from './crash.ts'

describe('kill -9 at each named point', { concurrency: true }, () => {
  for (const store of ['redis', 'sqlite'] as const) {
    test(`faults 1, 2, 3, 5, 6, 7, 8: of ${store} processes loses nothing and answers nothing twice`, async () => {
      const points = pointsOf(store)
      const runs = String(points.length)
      const { code, output } = await runScript('test/crash/run.ts', [
        '--store',
        store,
        '--runs',
        runs,
      ])
      assert.equal(code, 0, output)
      assert.match(output, /^0 lost · 0 answered twice/m)
      for (const { name } of points) assert.match(output, new RegExp(`^ +1  ${name}$`, 'm'))
    })
  }
})
