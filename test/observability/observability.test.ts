/** The short form of `npm run test:observability`: every expression, and the alerts of two faults. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { findPrometheus } from '../support/find-prometheus.ts'
import { FAULTS } from './faults.ts'
import { askAll, calm, isRight, isWhole, playFault } from './play.ts'
import { FEW, Stage } from './stage.ts'

const QUICK = FAULTS.filter(({ isQuick }) => isQuick)

describe('a Prometheus that scrapes an API, a processor and a worker', () => {
  let stage: Stage
  before(async () => {
    const found = findPrometheus()
    assert.ok(found.ok, found.ok ? '' : found.sentence)
    stage = await Stage.start(FEW)
  })
  after(() => stage?.[Symbol.asyncDispose]())

  it('reads every expression of the panels and alerts, and has data for all that should have some', async () => {
    const asked = await askAll(stage)
    assert.deepEqual(
      asked.filter((one) => !isRight(one)),
      [],
    )
    assert.deepEqual(await stage.prometheus.silent(), [])
    assert.deepEqual(await stage.prometheus.ruleFaults(), [])
  })

  it('fires nothing while all is well', async () => {
    assert.deepEqual(await calm(stage), [])
  })

  for (const fault of QUICK) {
    it(`fires ${fault.alerts.join(', ')} when ${fault.title}, and stops after that`, async () => {
      const fired = await playFault(stage, fault)
      assert.equal(fired.length, fault.alerts.length)
      assert.ok(fired.every(isWhole), JSON.stringify(fired))
    })
  }
})
