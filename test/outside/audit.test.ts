import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stallOf } from './air.ts'
import { audit, isClean } from './audit.ts'
import type { Delivery } from './sink.ts'

const P = '79000000001'
const taken = (...seqs: number[]) => seqs.map((seq) => ({ person: P, seq }))
let now = 0
const sent = (partId: string, text: string, instance = 'w1'): Delivery => {
  now += 1
  return { at: now, instance, partId, to: P, text }
}

describe('the verdict', () => {
  test('is clean when each message is in one reply, in order', () => {
    const verdict = audit(
      taken(0, 1, 2),
      [sent('b_1.0', `${P}-0 ${P}-1`), sent('b_1.1', 'end'), sent('b_2.0', `${P}-2`)],
      [],
    )
    assert.ok(isClean(verdict))
    assert.deepEqual([verdict.accepted, verdict.answered], [3, 3])
  })

  test('sees what is lost', () => {
    assert.deepEqual(audit(taken(0, 1), [sent('b_1.0', `${P}-0`)], []).lost, [`${P}-1`])
  })

  test('sees a message in two replies', () => {
    const both = [sent('b_1.0', `${P}-0`), sent('b_2.0', `${P}-0`)]
    assert.deepEqual(audit(taken(0), both, []).answeredTwice, [`${P}-0`])
  })

  test('sees a part that came twice, and whether its sender died with it in the air', () => {
    const twice = [sent('b_1.0', `${P}-0`), sent('b_1.0', `${P}-0`, 'w2')]
    const at = twice[0]?.at ?? 0
    assert.deepEqual(audit(taken(0), twice, []).doubled, ['b_1.0'])
    assert.deepEqual(audit(taken(0), twice, [{ instance: 'w3', at }]).doubled, ['b_1.0'])
    const died = audit(taken(0), twice, [{ instance: 'w1', at: at + 1 }])
    assert.deepEqual([died.doubled, died.doubledInTheAir], [[], 1])
    const later = audit(taken(0), twice, [{ instance: 'w1', at: at + 60_000 }])
    assert.deepEqual(later.doubled, ['b_1.0'])
  })

  test('a part is in the air no more when its sender has sent that person the next one', () => {
    const first = sent('b_1.0', `${P}-0`)
    const next = sent('b_1.1', 'end')
    const again = sent('b_1.0', `${P}-0`, 'w2')
    const died = { instance: 'w1', at: next.at + 0.5 }
    assert.deepEqual(audit(taken(0), [first, next, again], [died]).doubled, ['b_1.0'])
  })

  test('of one answer one part was in the air, whoever says why', () => {
    const before = [sent('b_1.0', `${P}-0`), sent('b_1.1', 'more', 'w2')]
    const frozenAt = now
    // It woke up and went on as if nothing had happened.
    const after = [sent('b_1.0', `${P}-0`, 'w2'), sent('b_1.1', 'more'), sent('b_1.2', 'end')]
    const all = [...before, ...after, sent('b_1.2', 'end', 'w2')]
    const freeze = { instance: 'w1', at: frozenAt, until: frozenAt + 1 }
    const stalled = [stallOf('w1', 'b_1')]
    assert.deepEqual(audit(taken(0), all, [freeze], stalled).doubled, ['b_1.1', 'b_1.2'])
  })

  test('a sink that took it and did not say so excuses the next one alone', () => {
    const untold = { ...sent('b_1.0', `${P}-0`), told: false }
    const again = sent('b_1.0', `${P}-0`)
    assert.deepEqual(audit(taken(0), [untold, again], []).doubled, [])
    assert.deepEqual(audit(taken(0), [again, untold], []).doubled, ['b_1.0'])
  })

  test('a sender that stalled in the middle of a batch excuses that batch alone', () => {
    const twice = [sent('b_1.0', `${P}-0`), sent('b_1.0', `${P}-0`, 'w2')]
    const stalled = (batch: string) => new Set([stallOf('w1', batch)])
    assert.deepEqual(audit(taken(0), twice, [], stalled('b_1')).doubled, [])
    assert.deepEqual(audit(taken(0), twice, [], stalled('b_2')).doubled, ['b_1.0'])
  })

  test('sees another text under the same part', () => {
    const two = [sent('b_1.0', `${P}-0`), sent('b_1.0', `${P}-0!`)]
    assert.deepEqual(audit(taken(0), two, []).changed, ['b_1.0'])
  })

  test('sees replies that overlap, parts and messages out of order', () => {
    for (const wrong of [
      [sent('b_1.0', `${P}-0`), sent('b_2.0', `${P}-1`), sent('b_1.1', 'end')],
      [sent('b_1.1', 'end'), sent('b_1.0', `${P}-0 ${P}-1`)],
      [sent('b_1.0', `${P}-1`), sent('b_2.0', `${P}-0`)],
      [sent('b_1.0', `${P}-1 ${P}-0`)],
    ]) {
      assert.deepEqual(audit(taken(0, 1), wrong, []).outOfOrder, [P])
    }
  })
})
