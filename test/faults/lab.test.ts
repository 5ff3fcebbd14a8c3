/** The fault lab itself: its verdicts, its table, and that each campaign plays. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runScript } from '../support/run-script.ts'
import type { Outcome } from './campaign.ts'
import { hitsWantedIn, isFine, judge } from './judge.ts'
import { inLanes } from './lanes.ts'
import { NOTHING, together } from './outcomes.ts'
import { summaryOf, tableOf } from './table.ts'

const good: Outcome = { ...NOTHING, accepted: 10, faults: 5, points: new Map([['begun', 20]]) }

describe('the verdict on a row', () => {
  const is = (outcome: Partial<Outcome>): string => judge({ ...good, ...outcome }, 5, 20).is

  it('is green when nothing was lost or doubled and enough was played', () => {
    assert.equal(is({}), 'green')
    assert.equal(is({ doubled: 2, allowed: 2 }), 'green')
  })

  it('is red for anything lost, doubled without a reason, or broken', () => {
    for (const bad of [{ lost: 1 }, { doubled: 2, allowed: 1 }, { broken: ['the books'] }]) {
      assert.equal(is(bad), 'red')
    }
  })

  it('is incomplete when a point was hit too seldom, a fault is missing, or nobody wrote', () => {
    for (const thin of [{ points: new Map([['begun', 19]]) }, { faults: 4 }, { accepted: 0 }]) {
      assert.equal(is(thin), 'incomplete')
    }
    assert.deepEqual([hitsWantedIn('full'), hitsWantedIn('quick')], [20, 1])
  })

  it('lets a run end well only when it is green, or not this machine’s to play', () => {
    const all = (['green', 'red', 'incomplete', 'not run'] as const).map((one) =>
      isFine({ is: one, why: [] }),
    )
    assert.deepEqual(all, [true, false, false, true])
  })
})

describe('a run', () => {
  it('sums up what several systems had', () => {
    const sum = together([good, { ...good, lost: 1, points: new Map([['sealed', 1]]) }])
    assert.deepEqual([sum.accepted, sum.lost, sum.faults], [20, 1, 10])
    assert.deepEqual(
      [...sum.points],
      [
        ['begun', 20],
        ['sealed', 1],
      ],
    )
  })

  it('has those that compute one after another, and those that wait beside them', async () => {
    const order: string[] = []
    const gates = new Map(['c1', 'c2', 'w1', 'w2'].map((n) => [n, Promise.withResolvers<void>()]))
    const items = [...gates.keys()].map((name) => ({ name, waits: name.startsWith('w') }))
    const all = inLanes(items, 1, async ({ name }) => {
      order.push(name)
      await gates.get(name)?.promise
    })
    assert.deepEqual(order, ['c1', 'w1'])
    for (const gate of gates.values()) gate.resolve()
    await all
    assert.deepEqual(order.toSorted(), ['c1', 'c2', 'w1', 'w2'])
  })

  it('says of what it could not play that it was not run', () => {
    const row = {
      ...{ campaign: { name: 'power', row: 'power cut' }, asked: 10, outcome: null, tookS: 0 },
      verdict: { is: 'not run', why: ['root'] } as const,
    }
    assert.match(tableOf([row]), /^power cut +– .*10 +not run$/m)
    assert.equal(summaryOf([row]), '1 row: 1 not run')
  })

  it('tells which campaigns there are to who names another', async () => {
    const { code, output } = await runScript('test/faults/run.ts', ['--only', 'nothing'])
    assert.equal(code, 2)
    assert.match(output, /there is no nothing/)
    assert.match(output, /these campaigns alone: kills/)
  })
})
