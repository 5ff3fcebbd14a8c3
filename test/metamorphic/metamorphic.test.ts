/** What people are told does not change by how their messages come in. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { ENGINES, stopSharedRedis } from '../support/house.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { tellUnder } from './disturbed.ts'
import { propertyOf, RELATIONS } from './relations.ts'

const RUNS = 2
const DISTURBANCE = { kills: 3, freezes: 1 }

describe('what people are told is the same with', () => {
  after(stopSharedRedis)

  for (const relation of RELATIONS) {
    for (const engine of relation.engines) {
      it(`${relation.name} (${engine}): ${relation.says}`, async (t) => {
        const seed = Date.now() & 0x7fffffff
        t.diagnostic(`seed ${seed}`)
        await fc.assert(propertyOf(relation, engine), { numRuns: RUNS, seed, endOnFailure: true })
      })
    }
  }
  for (const engine of ENGINES) {
    it(`M7 (${engine}): processes that are killed and frozen at any moment`, async (t) => {
      const seed = Date.now() & 0x7fffffff
      t.diagnostic(`seed ${seed}`)
      const { told, inPeace, hit } = await tellUnder(engine, DISTURBANCE, seededRandom(seed))
      assert.equal(hit, DISTURBANCE.kills + DISTURBANCE.freezes)
      assert.ok(inPeace.size > 0)
      assert.deepEqual(told, inPeace)
    })
  }
})
