/** The end of a turn: answered, failed, again later, given back, reopened; and what is forgotten. */
import assert from 'node:assert/strict'
import type { Settlement } from '../../../src/batching/store-turn.ts'
import type { Case } from './scene.ts'
import { ANNA, batchId, HOUR, hashOf, IDLE, payloadOf, payloadsOf, START, TIMES } from './scene.ts'

const FAILED: Settlement = { kind: 'failed', reason: 'no_answer', answerless: false }
const retryIn = (afterMs: number, maxRetries = 3): Settlement => ({
  kind: 'retry',
  afterMs,
  maxRetries,
  reason: 'provider_away',
  answerless: false,
})

export function settleCases(it: Case): void {
  it('answered is the end, and frees the conversation', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a', 'b'])
    await scene.advance(100)
    assert.deepEqual(await scene.store.settle(name, { kind: 'answered' }), { outcome: 'answered' })
    const view = await scene.store.batch(turn.batchId)
    assert.deepEqual(
      [view?.state, view?.reason, view?.settledAt, view?.size],
      ['answered', null, START + 100, 2],
    )
    assert.equal((await scene.store.conversation(ANNA)).turnId, null)
    assert.deepEqual((await scene.due()).turns, [])
    const counts = await scene.counts()
    assert.deepEqual([counts.answered, counts.open], [2, 0])
  })

  it('failed is kept with its reason', async (scene) => {
    const turn = await scene.failed(ANNA, ['a'])
    const { count, batches } = await scene.store.failed({ offset: 0, limit: 10 })
    assert.equal(count, 1)
    assert.deepEqual(
      batches.map(({ batchId, reason, state }) => [batchId, reason, state]),
      [[turn.batchId, 'no_answer', 'failed']],
    )
    assert.deepEqual(await scene.store.batch(turn.batchId), batches[0])
  })

  it('a retry waits its time and keeps the draft', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    await scene.store.record(
      turn.batchId,
      name.epoch,
      { kind: 'draft', parts: [{ text: '1' }], heard: null },
      ANNA,
    )
    assert.deepEqual(await scene.store.settle(name, retryIn(20_000)), { outcome: 'waiting' })
    assert.equal((await scene.store.batch(turn.batchId))?.state, 'waiting')
    assert.equal((await scene.begin(turn)).outcome, 'stale')
    await scene.advance(19_999)
    assert.deepEqual((await scene.due()).turns, [])
    await scene.advance(1)
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
    const again = await scene.store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    assert.equal(again.turn.attempt, 2)
    const begun = await scene.begun(again.turn)
    assert.deepEqual([begun.draft, begun.retries], [[{ text: '1' }], 1])
  })

  it('a retry with none left is failed', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    await scene.store.settle(name, retryIn(0, 1))
    const again = await scene.store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    const { epoch } = await scene.begun(again.turn)
    const settled = await scene.store.settle({ ...name, epoch }, retryIn(0, 1))
    assert.deepEqual(settled, { outcome: 'failed' })
    const view = await scene.store.batch(turn.batchId)
    assert.deepEqual([view?.state, view?.reason], ['failed', 'provider_away'])
  })

  it('what is given back is due at once and costs no try', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    assert.deepEqual(await scene.store.settle(name, { kind: 'giveBack', afterMs: 0 }), {
      outcome: 'waiting',
    })
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
    const again = await scene.store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    assert.equal(again.turn.attempt, 2)
    const { retries, starts } = await scene.begun(again.turn)
    assert.deepEqual([retries, starts], [0, 1])
  })

  it('what is given back was never started, and earlier starts still count', async (scene) => {
    let turn = await scene.turn(ANNA, ['a'])
    await scene.begun(turn)
    for (const starts of [2, 2]) {
      await scene.advance(TIMES.leaseMs)
      const again = await scene.store.reclaim(turn.batchId)
      assert.ok(again.outcome === 'reclaimed')
      turn = again.turn
      const begun = await scene.begun(turn)
      assert.equal(begun.starts, starts)
      const name = { conversation: ANNA, batchId: turn.batchId, epoch: begun.epoch }
      await scene.store.settle(name, { kind: 'giveBack', afterMs: 0 })
    }
  })

  it('a settlement that is repeated came already', async (scene) => {
    for (const [settlement, ids] of [
      [{ kind: 'answered' }, ['a']],
      [FAILED, ['b']],
      [retryIn(1000), ['c']],
    ] as const) {
      const { name } = await scene.running(ANNA, ids)
      await scene.store.settle(name, settlement)
      assert.deepEqual(await scene.store.settle(name, settlement), { outcome: 'already' })
    }
    assert.equal((await scene.counts()).answered, 1)
  })

  it('a settlement of another start is fenced, of an unknown batch gone', async (scene) => {
    const { name } = await scene.running(ANNA, ['a'])
    const older = { ...name, epoch: name.epoch - 1 }
    assert.deepEqual(await scene.store.settle(older, FAILED), { outcome: 'fenced' })
    await scene.store.settle(name, { kind: 'answered' })
    assert.deepEqual(await scene.store.settle(older, FAILED), { outcome: 'fenced' })
    const unknown = { ...name, batchId: batchId('unknown') }
    assert.deepEqual(await scene.store.settle(unknown, FAILED), { outcome: 'gone' })
  })

  it('a settlement of a turn that was taken away is fenced', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    await scene.advance(TIMES.leaseMs)
    await scene.store.reclaim(turn.batchId)
    assert.deepEqual(await scene.store.settle(name, { kind: 'answered' }), { outcome: 'fenced' })
    assert.equal((await scene.counts()).answered, 0)
  })

  it('what came meanwhile is due by its own deadline after the end', async (scene) => {
    const { name } = await scene.running(ANNA, ['a'])
    await scene.advance(1000)
    await scene.write(ANNA, ['b'])
    await scene.advance(1000)
    await scene.store.settle(name, { kind: 'answered' })
    assert.equal((await scene.store.conversation(ANNA)).open?.dueAt, START + 1000 + IDLE)
    assert.equal((await scene.due()).nextAt, START + 1000 + IDLE)
  })

  it('what came meanwhile and is overdue is due at once after the end', async (scene) => {
    const { name } = await scene.running(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    await scene.advance(IDLE + 5000)
    await scene.store.settle(name, FAILED)
    assert.equal((await scene.dueIds()).length, 1)
  })

  it('a turn that is reopened goes before what came meanwhile', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a', 'b'])
    await scene.advance(1000)
    await scene.write(ANNA, ['c'], { newBatchId: batchId('newer') })
    const reopen = { kind: 'reopen', newBatchId: batchId('unused'), idleMs: IDLE } as const
    assert.deepEqual(await scene.store.settle(name, reopen), { outcome: 'reopened' })
    const { open, payloads, turnId } = await scene.store.conversation(ANNA)
    assert.deepEqual(payloads, payloadsOf(['a', 'b', 'c']))
    assert.deepEqual(
      [open?.batchId, open?.size, open?.firstAt, open?.lastAt, turnId],
      [batchId('newer'), 3, START, START + 1000, null],
    )
    assert.equal(await scene.store.batch(turn.batchId), null)
    await scene.write(ANNA, ['d'])
    await scene.advance(IDLE)
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['a', 'b', 'c', 'd']))
  })

  it('a turn that is reopened with nothing open opens a batch', async (scene) => {
    const { name } = await scene.running(ANNA, ['a', 'b'])
    const reopen = { kind: 'reopen', newBatchId: batchId('again'), idleMs: 500 } as const
    await scene.store.settle(name, reopen)
    const { open, payloads } = await scene.store.conversation(ANNA)
    assert.deepEqual([open?.batchId, open?.dueAt], [batchId('again'), START + 500])
    assert.deepEqual(payloads, payloadsOf(['a', 'b']))
    assert.deepEqual(await scene.store.settle(name, reopen), { outcome: 'gone' })
  })

  it('reopened twice, the order stays', async (scene) => {
    const reopen = { kind: 'reopen', newBatchId: batchId('x'), idleMs: 0 } as const
    const { name } = await scene.running(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    await scene.store.settle(name, reopen)
    await scene.store.retime(ANNA, { kind: 'flush' })
    const turn = await scene.sealed(ANNA)
    const { epoch } = await scene.begun(turn)
    await scene.write(ANNA, ['c'])
    await scene.store.settle({ conversation: ANNA, batchId: turn.batchId, epoch }, reopen)
    assert.deepEqual((await scene.store.conversation(ANNA)).payloads, payloadsOf(['a', 'b', 'c']))
  })

  it('messages set aside that are reopened go before older open ones, due at once', async (scene) => {
    await scene.write(ANNA, ['open'])
    await scene.store.setAside({
      conversation: ANNA,
      messages: [{ idHash: hashOf('old'), payload: payloadOf('old') }],
      reason: 'stale',
      dedupeMs: HOUR,
      newBatchId: batchId('aside'),
    })
    await scene.store.retry(batchId('aside'))
    const again = await scene.store.reclaim(batchId('aside'))
    assert.ok(again.outcome === 'reclaimed')
    const { epoch } = await scene.begun(again.turn)
    const reopen = { kind: 'reopen', newBatchId: batchId('unused'), idleMs: IDLE } as const
    await scene.store.settle({ conversation: ANNA, batchId: batchId('aside'), epoch }, reopen)
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['old', 'open']))
  })

  it('what was put before older messages is taken first when the batch is cut', async (scene) => {
    await scene.write(ANNA, ['open'])
    await scene.store.setAside({
      conversation: ANNA,
      messages: [{ idHash: hashOf('old'), payload: payloadOf('old') }],
      reason: 'stale',
      dedupeMs: HOUR,
      newBatchId: batchId('aside'),
    })
    await scene.store.retry(batchId('aside'))
    const again = await scene.store.reclaim(batchId('aside'))
    assert.ok(again.outcome === 'reclaimed')
    const { epoch } = await scene.begun(again.turn)
    const reopen = { kind: 'reopen', newBatchId: batchId('unused'), idleMs: IDLE } as const
    await scene.store.settle({ conversation: ANNA, batchId: batchId('aside'), epoch }, reopen)
    await scene.write(ANNA, ['new'], { limits: { maxSize: 1 } })
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['old']))
    assert.deepEqual((await scene.store.conversation(ANNA)).payloads, payloadsOf(['open', 'new']))
  })

  it('answered batches are forgotten after retention, failed ones stay', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    await scene.store.settle(name, { kind: 'answered' })
    const failed = await scene.failed(ANNA, ['b'])
    await scene.advance(TIMES.retentionMs - 1)
    assert.equal((await scene.store.batch(turn.batchId))?.state, 'answered')
    await scene.advance(1)
    assert.equal(await scene.store.batch(turn.batchId), null)
    assert.deepEqual(await scene.store.settle(name, { kind: 'answered' }), { outcome: 'gone' })
    await scene.due()
    assert.equal(await scene.store.batch(turn.batchId), null)
    assert.equal((await scene.store.batch(failed.batchId))?.state, 'failed')
    const repeat = await scene.write(ANNA, ['a'])
    assert.ok(repeat.outcome === 'appended')
    assert.equal(repeat.added, 0, 'the id is remembered longer than the text')
    assert.equal((await scene.counts()).answered, 1)
  })

  it(
    'a retention of 0 keeps nothing of what was answered',
    async (scene) => {
      const { turn, name } = await scene.running(ANNA, ['a'])
      await scene.store.settle(name, { kind: 'answered' })
      assert.equal(await scene.store.batch(turn.batchId), null)
      assert.equal((await scene.counts()).answered, 1)
    },
    { retentionMs: 0, historyMs: 0 },
  )

  it('a retry that is soon wakes the processors', async (scene) => {
    const { name } = await scene.running(ANNA, ['a'])
    const { promise: woken, resolve } = Promise.withResolvers<void>()
    await scene.store.onWake(resolve)
    await scene.store.settle(name, retryIn(10))
    await woken
  })
}
