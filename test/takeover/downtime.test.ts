import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ask, partText } from '../outside/backend.ts'
import type { Arrival } from '../outside/moody-sink.ts'
import type { BatchSeen } from '../outside/processes.ts'
import { textOf } from '../outside/traffic.ts'
import { auditDowntime, type Backlog, backlogOf, type DowntimeLedger } from './downtime.ts'

const P = '79000050001'
/** Two old ones and two of the last hours. */
const backlog: Backlog = {
  person: P,
  written: [0, 1, 2, 3].map((seq) => ({ seq, age: seq < 2 ? 'old' : 'hours', writtenAt: seq })),
}
const texts = (...seqs: readonly number[]) => seqs.map((seq) => textOf({ person: P, seq }))

const entry = (more: Partial<BatchSeen> = {}): BatchSeen => ({
  ...{ batchId: 'b_0', phone: P, companyId: 'collect', size: 2, state: 'failed', reason: 'stale' },
  ...more,
})
const reply = (batchId: string, ...seqs: readonly number[]): Arrival => ({
  ...{ at: 1, instance: 'w1', to: P, fate: 'taken', partId: `${batchId}.0`, providerId: null },
  text: partText(1, 0, 1, texts(...seqs)),
  told: true,
})
const verdictOf = (more: Partial<DowntimeLedger> = {}) =>
  auditDowntime({
    ...{ backlogs: [backlog], asks: [], arrivals: [reply('b_1', 2, 3)], failed: [entry()] },
    ...more,
  })

describe('the verdict on two days of downtime', () => {
  test('is clean with one entry of what is old and one turn of the last hours', () => {
    const verdict = verdictOf()
    assert.deepEqual([verdict.notOneEntry, verdict.oldAnswered, verdict.notOneTurn], [[], [], []])
    assert.deepEqual([verdict.people, verdict.old, verdict.hours], [1, 2, 2])
  })

  test('sees entries that are missing, two, not whole or for another reason', () => {
    for (const failed of [
      [],
      [entry({ size: 1 }), entry({ size: 1, batchId: 'b_9' })],
      [entry({ size: 1 })],
      [entry({ reason: 'send_failed' })],
    ]) {
      assert.deepEqual(verdictOf({ failed }).notOneEntry, [P])
    }
  })

  test('sees an old message that is answered, or asked about', () => {
    const arrivals = [reply('b_1', 2, 3), reply('b_2', 1)]
    assert.deepEqual(verdictOf({ arrivals }).oldAnswered, texts(1))
    const asked = { no: 1, at: 1, instance: 'w1', batchId: 'b_2', person: P, texts: texts(0) }
    const asks: Ask[] = [{ ...asked, history: [], plan: { kind: 'hang' }, end: null }]
    assert.deepEqual(verdictOf({ asks }).oldAnswered, texts(0))
  })

  test('sees the last hours answered in two turns, in part, out of order or not at all', () => {
    for (const arrivals of [
      [reply('b_1', 2), reply('b_2', 3)],
      [reply('b_1', 2)],
      [reply('b_1', 3, 2)],
      [],
    ]) {
      assert.deepEqual(verdictOf({ arrivals }).notOneTurn, [P])
    }
  })

  test('is played with people of each kind', () => {
    const kinds = Array.from({ length: 30 }, (_, n) => backlogOf(1, `${n}`, Date.now()).written)
    const has = (age: string) => (written: Backlog['written']) => written.some((w) => w.age === age)
    assert.ok(kinds.some((written) => has('old')(written) && has('hours')(written)))
    assert.ok(kinds.some((written) => !has('old')(written)))
    assert.ok(kinds.some((written) => !has('hours')(written)))
  })
})
