import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Breaker, Breakers } from './breaker.ts'

class Stage {
  now = 1000.25
  readonly breaker = new Breaker(() => this.now)

  fail(times: number): this {
    for (let i = 0; i < times; i += 1) this.breaker.failed()
    return this
  }

  wait(): number {
    return this.breaker.waitMs()
  }
}

describe('a breaker', () => {
  it('lets all go ahead while nothing is wrong', () => {
    const stage = new Stage()
    for (let i = 0; i < 50; i += 1) assert.equal(stage.wait(), 0)
  })
  it('minds five failures in a row, not four', () => {
    assert.equal(new Stage().fail(4).wait(), 0)
    assert.equal(new Stage().fail(5).wait(), 30_000)
  })
  it('counts anew after a success', () => {
    const stage = new Stage().fail(4)
    stage.breaker.succeeded()
    assert.equal(stage.fail(4).wait(), 0)
    assert.equal(stage.fail(1).wait(), 30_000)
  })
  it('says how long to wait, in whole milliseconds', () => {
    const stage = new Stage().fail(5)
    stage.now += 29_999.5
    assert.equal(stage.wait(), 1)
    stage.now += 0.5
    assert.equal(stage.wait(), 0)
  })
  it('is not made longer by calls that were under way when it opened', () => {
    const stage = new Stage().fail(5)
    stage.now += 10_000
    assert.equal(stage.fail(15).wait(), 20_000)
  })
  it('fault 68: lets one trial through, and the others when that has succeeded', () => {
    const stage = new Stage().fail(5)
    stage.now += 30_000
    assert.deepEqual([stage.wait(), stage.wait(), stage.wait()], [0, 1000, 1000])
    stage.now += 5000
    assert.equal(stage.wait(), 1000)
    stage.breaker.succeeded()
    assert.deepEqual([stage.wait(), stage.wait()], [0, 0])
    assert.equal(stage.fail(4).wait(), 0)
  })
  it('waits another 30 s when the trial fails, then tries again', () => {
    const stage = new Stage().fail(5)
    stage.now += 30_000
    assert.equal(stage.wait(), 0)
    stage.now += 500
    assert.equal(stage.fail(1).wait(), 30_000)
    stage.now += 30_000
    assert.deepEqual([stage.wait(), stage.wait()], [0, 1000])
  })
  it('does not wait for ever for a trial of which nothing is heard', () => {
    const stage = new Stage().fail(5)
    stage.now += 30_000
    assert.equal(stage.wait(), 0)
    stage.now += 29_500
    assert.equal(stage.wait(), 500)
    stage.now += 500
    assert.deepEqual([stage.wait(), stage.wait()], [0, 1000])
  })
  it('lets another try when the trial was cut short, and still no more than one', () => {
    const stage = new Stage().fail(5)
    stage.now += 30_000
    assert.equal(stage.wait(), 0)
    stage.breaker.abandoned()
    assert.deepEqual([stage.wait(), stage.wait()], [0, 1000])
  })
  it('learns nothing from a call that was cut short', () => {
    const stage = new Stage().fail(4)
    stage.breaker.abandoned()
    assert.equal(stage.fail(1).wait(), 30_000)
    stage.breaker.abandoned()
    assert.equal(stage.wait(), 30_000)
  })
  it('closes when a call from before succeeds', () => {
    const stage = new Stage().fail(5)
    stage.breaker.succeeded()
    assert.equal(stage.wait(), 0)
  })
})

describe('the breakers of tenants', () => {
  it('are one for each tenant, and the same one each time', () => {
    const breakers = new Breakers(() => 0)
    for (let n = 0; n < 5; n += 1) breakers.of('a').failed()
    assert.equal(breakers.of('a').waitMs(), 30_000)
    assert.equal(breakers.of('b').waitMs(), 0)
  })
})

describe('whatever comes', () => {
  const step = fc.oneof(
    fc.constantFrom('wait', 'failed', 'succeeded', 'abandoned'),
    fc.integer({ min: 1, max: 40_000 }),
  )
  it('fault 68: asks a responder that always fails once in 30 s, after five calls', () => {
    const stage = new Stage()
    const calls: number[] = []
    for (const end = stage.now + 200_000; stage.now < end; stage.now += 100) {
      if (stage.wait() > 0) continue
      calls.push(stage.now)
      stage.breaker.failed()
    }
    assert.equal(calls.length, 5 + 6)
  })
  it('never says to wait longer than 30 s, and a call is let through when that is over', () => {
    fc.assert(
      fc.property(fc.array(step, { size: 'max', maxLength: 60 }), (steps) => {
        const stage = new Stage()
        for (const next of steps) {
          if (typeof next === 'number') stage.now += next
          else if (next === 'wait') stage.wait()
          else stage.breaker[next]()
        }
        const ms = stage.wait()
        assert.ok(Number.isInteger(ms) && ms >= 0 && ms <= 30_000)
        stage.now += 30_000
        assert.equal(stage.wait(), 0)
      }),
      { numRuns: 2000 },
    )
  })
})
