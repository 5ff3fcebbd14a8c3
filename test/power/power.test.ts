/**
 * Short: one power cut for each store, where the machine can do that; elsewhere the test passes
 * with the words `not run`, and proves nothing. The long form is `npm run test:power`.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Books } from './books.ts'
import { ENGINES } from './engines.ts'
import { Life } from './life.ts'
import { whatIsMissing } from './needs.ts'
import { isClean, lineOf } from './report.ts'

const missing = whatIsMissing()

describe('a power cut, tried where the machine allows it (a proof only without "not run")', () => {
  for (const name of ENGINES) {
    it(`faults 24, 55: ${name} holds what it acknowledged, and goes on`, async (t) => {
      if (missing) {
        t.diagnostic(`not run: ${missing}`)
        return
      }
      const life = await Life.begin(name)
      try {
        const cut = await life.cut(1, 1, 'calm')
        t.diagnostic(lineOf(name, cut).trim())
        assert.ok(cut.acknowledged > 0)
        assert.ok(isClean(cut), `${lineOf(name, cut)} ${cut.wrong.join(', ')}`)
      } finally {
        await life.end()
      }
    })
  }
})

describe('the books of a power cut', () => {
  const books = () => {
    const kept = new Books()
    kept.read('? m:a kept\n= m:a kept\n? b:x sealed\n= b:x sealed\n? b:x queued\n= b:x queued\n')
    return kept
  }

  it('are content with what was acknowledged, and with what nobody answered', () => {
    const asked = books()
    asked.read('? b:x running\n? m:b kept\n= m:b ke')
    for (const state of ['queued', 'running']) {
      const found = new Map([
        ['m:a', 'kept'],
        ['b:x', state],
      ])
      assert.deepEqual(asked.audit(found), { acknowledged: 3, lost: 0, remarks: [] })
    }
  })

  it('count each operation that is lost', () => {
    assert.equal(books().audit(new Map()).lost, 3)
    assert.equal(books().audit(new Map([['b:x', 'sealed']])).lost, 2)
  })

  it('see what nobody asked for', () => {
    const found = new Map([
      ['m:a', 'edited'],
      ['m:z', 'kept'],
      ['b:x', 'queued'],
    ])
    assert.deepEqual(books().audit(found).remarks, [
      'm:a is edited, not kept',
      'm:z was never asked for',
    ])
  })

  it('expect what was found from then on, and count it no more', () => {
    const carried = books()
    carried.carry(new Map([['m:a', 'kept']]))
    assert.deepEqual(carried.audit(new Map([['m:a', 'kept']])).acknowledged, 0)
    assert.equal(carried.audit(new Map()).lost, 1)
  })
})
