/** What comes in: append, duplicates, deadlines, the bound, and messages that are set aside. */
import assert from 'node:assert/strict'
import type { Case } from './scene.ts'
import {
  ANNA,
  BORIS,
  batchId,
  CLARA,
  HOUR,
  hashOf,
  IDLE,
  ids,
  LIMITS,
  MINUTE,
  payloadOf,
  payloadsOf,
  START,
} from './scene.ts'

export function appendCases(it: Case): void {
  it('a first message opens the batch that the caller named', async (scene) => {
    const result = await scene.write(ANNA, ['a'], { newBatchId: batchId('first') })
    assert.deepEqual(result, {
      outcome: 'appended',
      conversation: ANNA,
      batchId: batchId('first'),
      added: 1,
      duplicates: 0,
      size: 1,
    })
    const { open, payloads, turnId, hold } = await scene.store.conversation(ANNA)
    assert.deepEqual(open, {
      conversation: ANNA,
      batchId: batchId('first'),
      size: 1,
      firstAt: START,
      lastAt: START,
      dueAt: START + IDLE,
      sealed: false,
    })
    assert.deepEqual(payloads, payloadsOf(['a']))
    assert.equal(turnId, null)
    assert.equal(hold, null)
  })

  it('later messages join the open batch in order', async (scene) => {
    await scene.write(ANNA, ['a'], { newBatchId: batchId('first') })
    await scene.advance(1000)
    const result = await scene.write(ANNA, ['b', 'c'], { newBatchId: batchId('unused') })
    assert.deepEqual(result, {
      outcome: 'appended',
      conversation: ANNA,
      batchId: batchId('first'),
      added: 2,
      duplicates: 0,
      size: 3,
    })
    const { open, payloads } = await scene.store.conversation(ANNA)
    assert.equal(open?.lastAt, START + 1000)
    assert.equal(open?.firstAt, START)
    assert.deepEqual(payloads, payloadsOf(['a', 'b', 'c']))
  })

  it('fault 60: the same id is added once across calls', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.advance(1000)
    const again = await scene.write(ANNA, ['a'])
    assert.ok(again.outcome === 'appended')
    assert.deepEqual([again.added, again.duplicates, again.size], [0, 1, 1])
    const { open } = await scene.store.conversation(ANNA)
    assert.equal(open?.lastAt, START, 'a duplicate moves no deadline')
    assert.equal((await scene.counts()).duplicates, 1)
  })

  it('the same id is added once within a call', async (scene) => {
    const result = await scene.write(ANNA, ['a', 'a', 'b', 'a'])
    assert.ok(result.outcome === 'appended')
    assert.deepEqual([result.added, result.duplicates, result.size], [2, 2, 2])
    assert.deepEqual((await scene.store.conversation(ANNA)).payloads, payloadsOf(['a', 'b']))
  })

  it('duplicates with nothing open name no batch', async (scene) => {
    await scene.turn(ANNA, ['a'])
    const again = await scene.write(ANNA, ['a'])
    assert.deepEqual(again, {
      outcome: 'appended',
      conversation: ANNA,
      batchId: null,
      added: 0,
      duplicates: 1,
      size: 0,
    })
    assert.equal((await scene.store.conversation(ANNA)).open, null)
  })

  it('the same id in another conversation is another message', async (scene) => {
    await scene.write(ANNA, ['a'])
    const other = await scene.write(BORIS, ['a'])
    assert.ok(other.outcome === 'appended')
    assert.deepEqual([other.added, other.duplicates], [1, 0])
  })

  it('a call without messages changes nothing', async (scene) => {
    const result = await scene.write(ANNA, [])
    assert.deepEqual(result, {
      outcome: 'appended',
      conversation: ANNA,
      batchId: null,
      added: 0,
      duplicates: 0,
      size: 0,
    })
    assert.equal((await scene.counts()).accepted, 0)
  })

  it('each message moves the idle deadline', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.advance(IDLE - 1)
    await scene.write(ANNA, ['b'])
    await scene.advance(IDLE - 1)
    assert.deepEqual(await scene.dueIds(), [])
    await scene.advance(1)
    assert.equal((await scene.dueIds()).length, 1)
  })

  it('no message moves the deadline past the age limit', async (scene) => {
    for (const id of ids(7)) {
      await scene.write(ANNA, [id])
      await scene.advance(IDLE - 1)
    }
    const { open } = await scene.store.conversation(ANNA)
    assert.equal(open?.dueAt, START + MINUTE)
  })

  it('a message that waits 0 ms makes the whole batch due at once', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.advance(100)
    await scene.write(ANNA, ['b'], { idleMs: 0 })
    assert.equal((await scene.dueIds()).length, 1)
  })

  it('a deadline that has passed stands', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.advance(IDLE)
    await scene.write(ANNA, ['b'])
    const { open } = await scene.store.conversation(ANNA)
    assert.equal(open?.dueAt, START + IDLE)
    assert.equal(open?.size, 2)
  })

  it('the last message that fits makes the batch due at once', async (scene) => {
    await scene.write(ANNA, ids(9))
    assert.deepEqual(await scene.dueIds(), [])
    await scene.advance(10)
    await scene.write(ANNA, ['last'])
    const due = await scene.due()
    assert.equal(due.open.length, 1)
    assert.equal(due.open[0]?.dueAt, START + 10)
  })

  it('quiet messages alone wait for the age limit', async (scene) => {
    await scene.write(ANNA, ['sticker'], { quiet: true })
    assert.equal((await scene.store.conversation(ANNA)).open?.dueAt, START + MINUTE)
    await scene.advance(1000)
    await scene.write(ANNA, ['words'])
    assert.equal((await scene.store.conversation(ANNA)).open?.dueAt, START + 1000 + IDLE)
    await scene.write(ANNA, ['reaction'], { quiet: true, idleMs: 500 })
    assert.equal((await scene.store.conversation(ANNA)).open?.dueAt, START + 1500)
  })

  it(
    'at the bound new conversations are refused and open ones go on',
    async (scene) => {
      await scene.write(ANNA, ['a'])
      await scene.write(BORIS, ['a'])
      assert.deepEqual(await scene.write(CLARA, ['a']), { outcome: 'full' })
      assert.equal((await scene.store.conversation(CLARA)).open, null)
      assert.equal((await scene.counts()).accepted, 2)
      const joined = await scene.write(ANNA, ['b'])
      assert.equal(joined.outcome, 'appended')
      await scene.store.discardOpen(BORIS)
      const now = await scene.write(CLARA, ['a'])
      assert.ok(now.outcome === 'appended')
      assert.equal(now.added, 1, 'what was refused was not remembered')
    },
    { maxPending: 2 },
  )

  it(
    'fault 65: what is on its way to an answer counts towards the bound until it has one',
    async (scene) => {
      const { name } = await scene.running(ANNA, ['a'])
      await scene.write(BORIS, ['a'])
      assert.deepEqual(await scene.write(CLARA, ['a']), { outcome: 'full' })
      await scene.store.settle(name, { kind: 'answered' })
      assert.equal((await scene.write(CLARA, ['a'])).outcome, 'appended')
    },
    { maxPending: 2 },
  )

  it(
    'at the bound an honest repeat is still a duplicate',
    async (scene) => {
      await scene.turn(ANNA, ['a'])
      await scene.write(BORIS, ['a'])
      const repeat = await scene.write(ANNA, ['a'])
      assert.ok(repeat.outcome === 'appended')
      assert.equal(repeat.duplicates, 1)
    },
    { maxPending: 2 },
  )

  it('an id may come again when its window has ended', async (scene) => {
    await scene.turn(ANNA, ['a'])
    await scene.advance(LIMITS.dedupeMs - 1)
    const early = await scene.write(ANNA, ['a'])
    assert.ok(early.outcome === 'appended')
    assert.equal(early.added, 0)
    await scene.advance(1)
    const late = await scene.write(ANNA, ['a'])
    assert.ok(late.outcome === 'appended')
    assert.equal(late.added, 1)
  })

  it('an id may come again while the message that bore it still waits', async (scene) => {
    await scene.store.retime(ANNA, { kind: 'hold', forMs: null, why: 'paused', atLeast: false })
    await scene.write(ANNA, ['a'], { limits: { dedupeMs: HOUR } })
    await scene.advance(HOUR)
    await scene.write(ANNA, ['a'], { limits: { dedupeMs: HOUR } })
    assert.deepEqual((await scene.store.conversation(ANNA)).payloads, payloadsOf(['a', 'a']))
  })

  it('messages set aside are one failed entry a conversation and reason', async (scene) => {
    const aside = (name: string, reason: 'late' | 'stale') =>
      scene.store.setAside({
        conversation: ANNA,
        messages: [{ idHash: hashOf(name), payload: payloadOf(name) }],
        reason,
        dedupeMs: LIMITS.dedupeMs,
        newBatchId: batchId(name),
      })
    assert.deepEqual(await aside('a', 'stale'), {
      batchId: batchId('a'),
      added: 1,
      duplicates: 0,
    })
    await scene.advance(1000)
    assert.equal((await aside('b', 'stale')).batchId, batchId('a'))
    assert.equal((await aside('c', 'late')).batchId, batchId('c'))
    assert.deepEqual(await aside('b', 'stale'), { batchId: null, added: 0, duplicates: 1 })
    const { count, batches } = await scene.store.failed({ offset: 0, limit: 10 })
    assert.equal(count, 2)
    const stale = batches.find((batch) => batch.batchId === batchId('a'))
    assert.deepEqual(
      [stale?.size, stale?.reason, stale?.attempt, stale?.state, stale?.firstAt, stale?.lastAt],
      [2, 'stale', 0, 'failed', START, START + 1000],
    )
    assert.deepEqual(await scene.dueIds(), [], 'nobody is asked')
    const counts = await scene.counts()
    assert.deepEqual([counts.accepted, counts.failed, counts.duplicates], [3, 3, 1])
  })

  it('what was set aside is a duplicate when it is appended', async (scene) => {
    await scene.store.setAside({
      conversation: ANNA,
      messages: [{ idHash: hashOf('a'), payload: payloadOf('a') }],
      reason: 'late',
      dedupeMs: LIMITS.dedupeMs,
      newBatchId: batchId('aside'),
    })
    const result = await scene.write(ANNA, ['a'])
    assert.ok(result.outcome === 'appended')
    assert.equal(result.added, 0)
  })

  it('an entry that was retried takes no more messages', async (scene) => {
    const aside = (name: string) =>
      scene.store.setAside({
        conversation: ANNA,
        messages: [{ idHash: hashOf(name), payload: payloadOf(name) }],
        reason: 'stale',
        dedupeMs: LIMITS.dedupeMs,
        newBatchId: batchId(name),
      })
    await aside('a')
    await aside('b')
    assert.equal(await scene.store.retry(batchId('a')), 'done')
    assert.equal((await aside('c')).batchId, batchId('c'))
    const again = await scene.store.reclaim(batchId('a'))
    assert.ok(again.outcome === 'reclaimed')
    assert.equal(again.turn.attempt, 1, 'its first handover')
    assert.deepEqual(again.turn.payloads, payloadsOf(['a', 'b']))
    const { epoch } = await scene.begun(again.turn)
    const name = { conversation: ANNA, batchId: batchId('a'), epoch }
    assert.equal((await scene.store.settle(name, { kind: 'answered' })).outcome, 'answered')
  })
}
