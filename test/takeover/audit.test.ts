import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ask, type Line, partText } from '../outside/backend.ts'
import type { Arrival, Fate } from '../outside/moody-sink.ts'
import type { Said } from '../outside/people.ts'
import { textOf } from '../outside/traffic.ts'
import { audit, isClean, type Ledger, type Verdict } from './audit.ts'
import { type Echo, type HumanSaid, humanText } from './own-side.ts'

const P = '79000000001'
const WAY_MS = 500
const HOLD_MS = 2000

const texts = (...seqs: readonly number[]) => seqs.map((seq) => textOf({ person: P, seq }))

/** Written and sent at this time, taken 10 ms later. */
const said = (seq: number, sentAt: number): Said => ({
  ...{ person: P, seq, sentAt, writtenAt: sentAt, acceptedAt: sentAt + 10, batchId: null },
})

const human = (n: number, sentAt: number, more: Partial<HumanSaid> = {}): HumanSaid => ({
  ...{ person: P, text: humanText(P, n), sentAt, writtenAt: sentAt, acceptedAt: sentAt + 10 },
  ...{ tries: 1, outcome: 'human', moment: 'before', holdEndAt: sentAt + HOLD_MS },
  ...more,
})

const echo = (outcome: string): Echo => ({
  ...{ person: P, text: 'a1.0/1', sentAt: 5, acceptedAt: 9, tries: 1, outcome },
  ...{ partId: 'b_1.0', how: 'id' },
})

const ask = (
  no: number,
  at: number,
  seqs: readonly number[],
  history: readonly Line[] = [],
): Ask => ({
  ...{ no, at, batchId: `b_${no}`, person: P, instance: 'w1', texts: texts(...seqs), history },
  plan: { kind: 'answer', afterMs: 100, parts: 1 },
  end: { at: at + 100, how: 'answered' },
})

const part = (asked: Ask, at: number, index = 0, of = 1, fate: Fate = 'taken'): Arrival => ({
  ...{ at, instance: 'w1', to: P, fate, partId: `${asked.batchId}.${index}`, providerId: null },
  text: partText(asked.no, index, of, asked.texts),
  told: fate === 'taken',
})

const person = (...seqs: readonly number[]): Line => ({
  who: 'person',
  text: texts(...seqs).join(' '),
})
const byHuman = (n: number): Line => ({ who: 'human', text: humanText(P, n) })

const verdictOf = (more: Partial<Ledger>): Verdict =>
  audit({
    ...{ said: [], humans: [], echoes: [], asks: [], arrivals: [], interruptions: [] },
    ...{ stalled: new Set<string>(), stalls: [], onTheWayMs: WAY_MS },
    ...more,
  })

describe('the verdict on humans who step in', () => {
  const slow = ask(1, 100, [0])
  const after = ask(2, 2600, [1], [person(0), byHuman(0)])
  const both = [said(0, 0), said(1, 500)]

  test('is clean when the human answers the first, and the bot the next after the hold', () => {
    const verdict = verdictOf({
      ...{ said: both, humans: [human(0, 200)], echoes: [echo('echo')] },
      ...{ asks: [slow, after], arrivals: [part(after, 2800)] },
    })
    assert.ok(isClean(verdict), JSON.stringify(verdict))
    assert.deepEqual([verdict.answeredByBot, verdict.answeredByHuman], [1, 1])
  })

  describe('of parts after the human', () => {
    const parts = (arrivals: readonly Arrival[], more: Partial<Ledger> = {}) => {
      const asks = [slow, ask(2, 1200, [1])]
      const verdict = verdictOf({ said: both, humans: [human(0, 200)], asks, arrivals, ...more })
      return [verdict.afterHuman, verdict.onTheWire]
    }

    test('one that was on the wire is counted apart, a second one is not', () => {
      assert.deepEqual(parts([part(slow, 205)]), [[], 0])
      assert.deepEqual(parts([part(slow, 400, 0, 3)]), [[], 1])
      assert.deepEqual(parts([part(slow, 400, 0, 3), part(slow, 600, 1, 3)]), [['b_1.1'], 1])
    })

    test('none of an answer that was in the making ever comes, also after the hold', () => {
      assert.deepEqual(parts([part(slow, 900)]), [['b_1.0'], 0])
      assert.deepEqual(parts([part(slow, 5000)]), [['b_1.0'], 0])
      assert.deepEqual(parts([part(slow, 900, 0, 1, 'failed')]), [['b_1.0'], 0])
      assert.deepEqual(parts([part(slow, 900)], { stalls: [{ from: 300, to: 700 }] }), [[], 1])
    })

    test('words that are told when their hold is over stop what they were written after alone', () => {
      const told = (writtenAt: number) => ({
        humans: [human(0, 200, { writtenAt, holdEndAt: writtenAt + HOLD_MS })],
      })
      assert.deepEqual(parts([part(slow, 900)], told(-2500)), [[], 0])
      assert.deepEqual(parts([part(slow, 900)], told(-500)), [['b_1.0'], 0])
      const asks = [ask(1, 100, [5])]
      const before = { asks, said: [...both, said(5, -2700)], ...told(-2500) }
      assert.deepEqual(parts([part(ask(1, 100, [5]), 900)], before), [['b_1.0'], 0])
    })

    test('none of a later answer comes within the hold', () => {
      const early = ask(2, 1200, [1])
      assert.deepEqual(parts([part(early, 1500)]), [['b_2.0'], 0])
      assert.deepEqual(parts([part(early, 2300)]), [[], 0])
    })
  })

  test('sees what is in no reply, unless a human may have seen it', () => {
    const lost = (humans: readonly HumanSaid[]) => verdictOf({ said: both, humans }).lost
    assert.deepEqual(lost([]), texts(0, 1))
    assert.deepEqual(lost([human(0, 200)]), texts(1))
    assert.deepEqual(lost([human(0, 600)]), [])
    assert.deepEqual(lost([human(0, 600, { writtenAt: -50 })]), texts(0, 1))
  })

  test('sees a message that the human had seen and the bot begins to answer', () => {
    const again = ask(2, 2600, [0, 1])
    const byBoth = (more: Partial<Ledger>) =>
      verdictOf({ said: both, humans: [human(0, 200)], ...more }).byBoth
    assert.deepEqual(byBoth({ asks: [slow], arrivals: [part(slow, 150)] }), [])
    assert.deepEqual(byBoth({ asks: [slow], arrivals: [part(slow, 600)] }), [])
    assert.deepEqual(byBoth({ asks: [slow], arrivals: [part(slow, 900)] }), texts(0))
    assert.deepEqual(byBoth({ asks: [slow, again] }), texts(0))
    const onTheWay = [human(0, 200), human(1, 505)]
    assert.deepEqual(byBoth({ humans: onTheWay, asks: [ask(2, 2600, [1])] }), [])
  })

  test('sees an echo taken for a human, and a human for an echo', () => {
    const taken = (more: Partial<Ledger>) => {
      const verdict = verdictOf(more)
      return [verdict.echoesForHuman.length, verdict.humansForEcho.length]
    }
    assert.deepEqual(taken({ echoes: ['echo', 'duplicate', 'human', 'paused'].map(echo) }), [2, 0])
    const outcomes = ['human', 'echo', 'duplicate'].map((outcome, n) => human(n, 0, { outcome }))
    assert.deepEqual(taken({ humans: outcomes }), [0, 2])
    assert.deepEqual(taken({ humans: [human(0, 0, { outcome: 'duplicate', tries: 2 })] }), [0, 0])
  })

  test('sees an answer that ends early without a human', () => {
    const arrivals = [part(slow, 250, 0, 3), part(slow, 450, 1, 3)]
    const cut = (more: Partial<Ledger>) =>
      verdictOf({ said: both, asks: [slow, after], arrivals, ...more }).cutShort
    assert.deepEqual(cut({}), ['b_1'])
    assert.deepEqual(cut({ humans: [human(0, 460)] }), [])
    const next = [...arrivals, part(after, 2800)]
    assert.deepEqual(cut({ humans: [human(0, 4000)], arrivals: next }), ['b_1'])
    assert.deepEqual(cut({ arrivals: [...arrivals, part(slow, 650, 2, 3)] }), [])
  })

  test('sees what the last asking was not told of, or told of twice', () => {
    const forgotten = (...history: readonly Line[]) =>
      verdictOf({ said: both, humans: [human(0, 200)], asks: [ask(2, 2600, [1], history)] })
        .forgotten
    assert.deepEqual(forgotten(person(0), byHuman(0)), [])
    assert.deepEqual(forgotten(byHuman(0)), texts(0))
    assert.deepEqual(forgotten(person(0)), [`${P}: ${humanText(P, 0)}`])
    assert.deepEqual(forgotten(person(0), person(0), byHuman(0)), texts(0))
    assert.deepEqual(forgotten(person(0, 1), byHuman(0)), texts(1))
  })
})
