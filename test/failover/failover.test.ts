/** The long runs of failovers, short: the whole system as processes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runScript } from '../support/run-script.ts'

const SHORT = ['--rounds', '1', '--calm', '1', '--people', '8']

describe('people write while Redis fails over and processes come and go', () => {
  test('faults 40, 41 on a Cluster: all that was accepted is answered', async () => {
    const { code, output } = await runScript('test/failover/run-cluster.ts', [
      ...SHORT,
      ...['--partitions', '6'],
    ])
    assert.equal(code, 0, output)
    const [, accepted, answered] = /^accepted (\d+) = answered (\d+)/m.exec(output) ?? []
    assert.ok(Number(accepted) > 50)
    assert.equal(accepted, answered)
  })

  test('fault 36 behind Sentinels: all that was accepted is answered', async () => {
    const { code, output } = await runScript('test/failover/run-sentinel.ts', SHORT)
    assert.equal(code, 0, output)
    const [, accepted, answered] = /^accepted (\d+) = answered (\d+)/m.exec(output) ?? []
    assert.ok(Number(accepted) > 50)
    assert.equal(accepted, answered)
  })
})
