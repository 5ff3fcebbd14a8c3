import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge } from './judge.ts'
import { picture } from './picture.ts'
import type { Row } from './series.ts'

/** A run of ten minutes in which all is well, but for what a test says of a second. */
function run(change: (atS: number) => Partial<Row> = () => ({})): Row[] {
  return Array.from({ length: 600 }, (_, atS) => ({
    ...{ atS, fault: null, isCalm: true, latenessMs: [3, 12] },
    ...{ rssMb: new Map([['api1', 120 + (atS % 7)]]), handles: new Map([['api1', 14]]) },
    ...{ lagP99Ms: new Map([['api1', 4]]), pending: 9, keys: 120, redisMb: 3 },
    ...{ accepted: atS * 20, delivered: atS * 12 },
    ...change(atS),
  }))
}
const brokenIn = (rows: Row[], recoveries: Parameters<typeof judge>[1] = []): string =>
  judge(rows, recoveries).broken.join('; ')

describe('the judgement of a long run', () => {
  it('finds nothing where all is well, faults included', () => {
    const rows = run((atS) =>
      atS % 50 < 10
        ? { fault: 'Redis killed', isCalm: false, pending: null, latenessMs: [9000], keys: null }
        : {},
    )
    assert.equal(brokenIn(rows, [{ fault: 'Redis killed', afterS: 4 }]), '')
  })

  it('names memory, handles and keys that grow', () => {
    const leak = run((atS) => ({ rssMb: new Map([['worker1', 120 + atS / 8]]) }))
    assert.match(brokenIn(leak), /memory of worker1: 1\d\d MB .* 1\d\d MB in the last/)
    const sockets = run((atS) => ({ handles: new Map([['api1', 14 + atS / 5]]) }))
    assert.match(brokenIn(sockets), /handles of api1/)
    assert.match(brokenIn(run((atS) => ({ keys: 100 + atS * 3 }))), /keys in Redis/)
    assert.match(brokenIn(run((atS) => ({ redisMb: 3 + atS / 10 }))), /memory of Redis/)
  })

  it('names seals that are late and loops that are slow without a fault', () => {
    const late = run((atS) => (atS % 20 === 0 ? { latenessMs: [1500, 1700] } : {}))
    assert.match(brokenIn(late), /lateness without a fault: p50 12 ms, p99 1700 ms/)
    assert.match(brokenIn(run(() => ({ lagP99Ms: new Map([['api1', 300]]) }))), /event loop lag/)
  })

  it('names faults after which nobody was answered in time', () => {
    const sentence = brokenIn(run(), [
      { fault: 'Redis killed', afterS: 2 },
      { fault: 'a process frozen', afterS: null },
    ])
    assert.match(sentence, /too late after: a process frozen/)
  })

  it('says nothing of growth when a run was too short to tell', () => {
    assert.equal(brokenIn(run((atS) => ({ keys: 100 + atS * 300 })).slice(0, 200)), '')
  })
})

describe('the picture of a long run', () => {
  it('has a line for each thing that was watched and a band for each fault', () => {
    const rows = run((atS) => (atS > 99 && atS < 110 ? { fault: 'a <fault>', pending: null } : {}))
    const svg = picture(rows, 'a run')
    for (const name of ['pending', 'lateness', 'api1', 'redis', 'taken', 'delivered']) {
      assert.ok(svg.includes(`>${name}</text>`), name)
    }
    assert.equal(svg.match(/<title>/g)?.length, 1)
    assert.ok(svg.includes('a &#60;fault&#62;'))
    // Where nothing is known the line is broken off and begun anew.
    assert.equal(/d="(M[^"]*)"/.exec(svg)?.[1]?.match(/M/g)?.length, 2)
    assert.ok(!/NaN|undefined/.test(svg))
  })
})
