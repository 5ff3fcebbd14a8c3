import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ask, partText } from '../outside/backend.ts'
import type { Arrival, Fate } from '../outside/moody-sink.ts'
import type { Said } from '../outside/people.ts'
import { textOf } from '../outside/traffic.ts'
import { audit, isClean, type Ledger, type Verdict } from './audit.ts'

const P = '79100000001'
const WAY_MS = 500

/** Sent at this time, and taken 10 ms later. */
const said = (seq: number, sentAt: number): Said => ({
  ...{ person: P, seq, sentAt, writtenAt: sentAt, acceptedAt: sentAt + 10, batchId: null },
})
const texts = (seqs: readonly number[]) => seqs.map((seq) => textOf({ person: P, seq }))

/** Asked at this time and answered 100 ms later, for a batch whose id has the number of the asking. */
const ask = (no: number, at: number, seqs: readonly number[], batchId = `b_${no}`): Ask => ({
  ...{ no, at, batchId, person: P, instance: 'w1', texts: texts(seqs), history: [] },
  plan: { kind: 'answer', afterMs: 100, parts: 1 },
  end: { at: at + 100, how: 'answered' },
})

interface Part {
  readonly fate?: Fate
  readonly index?: number
  readonly of?: number
  readonly instance?: string
}

const part = (asked: Ask, at: number, more: Part = {}): Arrival => {
  const { fate = 'taken', index = 0, of = 1, instance = 'w1' } = more
  return {
    ...{ at, instance, to: P, fate, partId: `${asked.batchId}.${index}`, providerId: null },
    text: partText(asked.no, index, of, asked.texts),
    told: fate === 'taken',
  }
}

const verdictOf = (more: Pick<Ledger, 'said' | 'asks' | 'arrivals'> & Partial<Ledger>): Verdict =>
  audit({
    ...{ mode: 'interrupt', interruptions: [], stalls: [] },
    ...{ stalled: new Set<string>(), failedBatches: new Set<string>() },
    limits: { maxSize: 10, maxInterrupts: 3, onTheWayMs: WAY_MS },
    ...more,
  })

describe('the verdict on turns', () => {
  const first = ask(1, 100, [0, 1])
  const second = ask(2, 3000, [2])
  const two = [said(0, 0), said(1, 20)]

  test('is clean when each message is in one answer, in order, and none is missing in one', () => {
    const verdict = verdictOf({
      said: [...two, said(2, 2000)],
      asks: [first, second],
      arrivals: [part(first, 250), part(second, 3200)],
    })
    assert.ok(isClean(verdict), JSON.stringify(verdict))
    assert.deepEqual([verdict.accepted, verdict.answered, verdict.answers], [3, 3, 2])
  })

  test('sees what is in no answer, and takes for it what came in part only', () => {
    const half = part(first, 250, { of: 2 })
    assert.deepEqual(verdictOf({ said: two, asks: [first], arrivals: [] }).lost, texts([0, 1]))
    assert.deepEqual(verdictOf({ said: two, asks: [first], arrivals: [half] }).lost, texts([0, 1]))
    const refused = part(first, 250, { fate: 'failed' })
    assert.deepEqual(verdictOf({ said: two, asks: [first], arrivals: [refused] }).lost.length, 2)
  })

  test('what is listed as failed is not lost', () => {
    const failedBatches = new Set(['b_1'])
    const verdict = verdictOf({ said: two, asks: [first], arrivals: [], failedBatches })
    assert.deepEqual([verdict.failed, verdict.lost.length], [2, 0])
  })

  test('sees an answer without a message that was taken before one that it has was sent', () => {
    const asked = ask(1, 100, [0, 2])
    const verdict = verdictOf({
      mode: 'collect',
      said: [...two, said(2, 40)],
      asks: [asked, ask(2, 500, [1])],
      arrivals: [part(asked, 250), part(ask(2, 500, [1]), 700)],
    })
    assert.deepEqual(verdict.without, [`b_1 without ${P}-1`])
  })

  test('a message that was on its way together with the last of an answer may miss it', () => {
    const asked = ask(1, 100, [0, 2])
    const verdict = verdictOf({
      mode: 'collect',
      said: [said(0, 0), said(1, 20), said(2, 29)],
      asks: [asked, ask(2, 500, [1])],
      arrivals: [part(asked, 250), part(ask(2, 500, [1]), 700)],
    })
    assert.deepEqual(verdict.without, [])
  })

  describe('of an answer that was to be made anew', () => {
    const slow = ask(1, 100, [0, 1])
    const later = ask(2, 2100, [2])
    const three = [...two, said(2, 300)]
    const stale = (more: Partial<Ledger> = {}) =>
      verdictOf({
        ...{ said: three, asks: [slow, later] },
        arrivals: [part(slow, 2000), part(later, 2300)],
        ...more,
      }).stale

    test('sees that a message was taken long before the first part went out', () => {
      assert.deepEqual(stale(), [`b_1 without ${P}-2`])
      assert.deepEqual(stale({ mode: 'collect' }), [])
    })

    test('does not count what came while the first part was on its way', () => {
      assert.deepEqual(stale({ said: [...two, said(2, 1600)] }), [])
      assert.deepEqual(stale({ stalls: [{ from: 400, to: 1700 }] }), [])
    })

    test('counts from the first try of the first part, whatever became of it', () => {
      const refused = part(slow, 600, { fate: 'failed' })
      assert.deepEqual(stale({ arrivals: [refused, part(slow, 2000), part(later, 2300)] }), [])
    })

    test('counts to the death of who had the answer in hand', () => {
      assert.deepEqual(stale({ interruptions: [{ instance: 'w1', at: 600 }] }), [])
      const before = [{ instance: 'w1', at: 150 }]
      assert.deepEqual(stale({ interruptions: before }).length, 1)
      assert.deepEqual(stale({ interruptions: [{ instance: 'w2', at: 600 }] }).length, 1)
    })

    test('is content with one that is full, or was made anew as often as may be', () => {
      const limits = { maxSize: 2, maxInterrupts: 3, onTheWayMs: WAY_MS }
      assert.deepEqual(stale({ limits }), [])
      const before = [ask(7, 60, [0]), ask(8, 70, [0]), ask(9, 80, [0])]
      assert.deepEqual(stale({ asks: [...before, slow, later] }), [])
      assert.deepEqual(stale({ asks: [...before.slice(1), slow, later] }).length, 1)
    })
  })

  test('sees an answer that was taken back for nothing newer', () => {
    const [once, again] = [ask(1, 100, [0, 1]), ask(2, 400, [0, 1])]
    const newer = ask(2, 400, [0, 1, 2])
    const in1 = { said: two, arrivals: [part(again, 600)] }
    assert.deepEqual(verdictOf({ ...in1, asks: [once, again] }).takenBackInVain, [`a1 of ${P}-0`])
    const in2 = { said: [...two, said(2, 150)], arrivals: [part(newer, 600)] }
    const verdict = verdictOf({ ...in2, asks: [once, newer] })
    assert.deepEqual([verdict.takenBack, verdict.takenBackInVain], [1, []])
  })

  test('goes by the batches where two askings overtook each other on their way', () => {
    const late = ask(2, 3001, [0], 'b_1')
    const early = ask(1, 3000, [0, 1], 'b_2')
    const ledger = { said: two, asks: [early, late], arrivals: [part(early, 3150)] }
    const verdict = verdictOf(ledger)
    assert.deepEqual([verdict.takenBack, verdict.takenBackInVain], [1, []])
  })

  test('takes no answer that was sent for one that was taken back', () => {
    const late = ask(1, 100, [0, 1])
    const sent = ask(2, 90, [0, 1, 2])
    const ledger = { said: [...two, said(2, 80)], asks: [sent, late], arrivals: [part(sent, 600)] }
    assert.deepEqual(verdictOf(ledger).takenBackInVain, [])
  })

  test('a second asking for the same batch is no new answer', () => {
    const retried = ask(2, 400, [0, 1], 'b_1')
    const verdict = verdictOf({ said: two, asks: [first, retried], arrivals: [part(retried, 600)] })
    assert.ok(isClean(verdict), JSON.stringify(verdict))
    assert.equal(verdict.takenBack, 0)
  })

  test('sees a part that came twice, and the reason that it had', () => {
    const twice = (fate: Fate) => [part(first, 250, { fate }), part(first, 900)]
    const doubled = (arrivals: readonly Arrival[]) => {
      const verdict = verdictOf({ said: two, asks: [first], arrivals })
      return [verdict.doubled.length, verdict.doubledExplained]
    }
    assert.deepEqual(doubled(twice('taken')), [1, 0])
    assert.deepEqual(doubled(twice('taken, cut')), [0, 1])
    assert.deepEqual(doubled(twice('failed')), [0, 0])
  })

  test('sees parts of two askings in one answer, and a text that nobody gave', () => {
    const retried = ask(2, 400, [0, 1], 'b_1')
    const mixed = [part(first, 250, { of: 2 }), part(retried, 600, { index: 1, of: 2 })]
    const other = { ...part(first, 250), text: `${part(first, 250).text}!` }
    const changed = (arrivals: readonly Arrival[]) =>
      verdictOf({ said: two, asks: [first, retried], arrivals }).changed
    assert.deepEqual(changed(mixed), ['b_1.1'])
    assert.deepEqual(changed([other]), ['b_1.0'])
  })

  test('sees answers out of order, and a message in two', () => {
    const again = ask(2, 3000, [1])
    const verdict = verdictOf({
      said: two,
      asks: [first, again],
      arrivals: [part(first, 250), part(again, 3200)],
    })
    assert.deepEqual(verdict.answeredTwice, texts([1]))
    assert.deepEqual(verdict.outOfOrder, [P])
  })
})
