/** The benches still run; how fast anything is, no test asks. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CAPACITY } from '../../bench/capacity.ts'
import { CORE } from '../../bench/core.ts'
import { FAILOVER } from '../../bench/failover.ts'
import { FAIRNESS } from '../../bench/fairness.ts'
import { OBSERVABILITY } from '../../bench/observability.ts'
import { REACH } from '../../bench/reach.ts'
import { TURNS } from '../../bench/turns.ts'
import { WEBHOOK } from '../../bench/webhook.ts'
import { runScript } from '../support/run-script.ts'

describe('npm run bench', () => {
  for (const [suite, benches] of Object.entries({
    core: CORE,
    webhook: WEBHOOK,
    fairness: FAIRNESS,
    failover: FAILOVER,
    capacity: CAPACITY,
    observability: OBSERVABILITY,
    reach: REACH,
    turns: TURNS,
  })) {
    it(`runs every bench of ${suite} once`, async () => {
      const { code, output } = await runScript('bench/run.ts', [suite, '--quick'])
      assert.equal(code, 0, output)
      for (const { name } of benches) assert.match(output, new RegExp(`^${name}: ran in `, 'm'))
    })
  }

  it('runs those that are named, and says what there is when there is none', async () => {
    const one = await runScript('bench/run.ts', ['core', 'append-sqlite', '--quick'])
    assert.deepEqual(one.output.match(/^\S+(?=: ran in )/gm), ['append-sqlite'])
    const none = await runScript('bench/run.ts', ['core', 'append-nowhere'])
    assert.equal(none.code, 2)
    assert.match(none.output, /there is no append-nowhere/)
    assert.match(none.output, /append-sqlite/)
  })
})
