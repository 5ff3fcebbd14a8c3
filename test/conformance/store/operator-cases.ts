/** What people and signals do to batches: typing, holds, edits, discards, retries; and the lists. */
import assert from 'node:assert/strict'
import type { RoleBeat } from '../../../src/batching/store-roles.ts'
import type { ConversationKey } from '../../../src/message.ts'
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

export function operatorCases(it: Case): void {
  it('typing extends the wait, never past the age limit, and cancels nothing', async (scene) => {
    const typing = { kind: 'typing', idleMs: IDLE } as const
    assert.deepEqual(await scene.store.retime(ANNA, typing), { outcome: 'none' })
    await scene.write(ANNA, ['a'], { newBatchId: batchId('one') })
    await scene.advance(5000)
    assert.deepEqual(await scene.store.retime(ANNA, typing), {
      outcome: 'done',
      batchId: batchId('one'),
      dueAt: START + 5000 + IDLE,
    })
    const long = await scene.store.retime(ANNA, { kind: 'typing', idleMs: HOUR })
    assert.ok(long.outcome === 'done')
    assert.equal(long.dueAt, START + MINUTE)
    const short = await scene.store.retime(ANNA, { kind: 'typing', idleMs: 1 })
    assert.ok(short.outcome === 'done')
    assert.equal(short.dueAt, START + MINUTE, 'it brings no deadline nearer')
    await scene.store.retime(ANNA, { kind: 'flush' })
    await scene.store.retime(ANNA, typing)
    assert.equal((await scene.dueIds()).length, 1)
  })

  it('flush makes the open batch due now', async (scene) => {
    assert.deepEqual(await scene.store.retime(ANNA, { kind: 'flush' }), { outcome: 'none' })
    await scene.write(ANNA, ['a'], { newBatchId: batchId('one') })
    await scene.advance(10)
    assert.deepEqual(await scene.store.retime(ANNA, { kind: 'flush' }), {
      outcome: 'done',
      batchId: batchId('one'),
      dueAt: START + 10,
    })
    assert.deepEqual(await scene.dueIds(), [batchId('one')])
  })

  it('a hold for a time ends by itself, and the batch is due then', async (scene) => {
    await scene.store.retime(ANNA, { kind: 'hold', forMs: HOUR, why: 'paused', atLeast: false })
    await scene.write(ANNA, ['a'])
    const held = await scene.store.conversation(ANNA)
    assert.deepEqual([held.hold?.until, held.open?.dueAt], [START + HOUR, START + HOUR])
    assert.equal((await scene.due()).nextAt, START + HOUR)
    await scene.advance(HOUR - 1)
    assert.deepEqual(await scene.dueIds(), [])
    await scene.advance(1)
    assert.equal((await scene.dueIds()).length, 1)
    assert.equal((await scene.store.conversation(ANNA)).hold, null)
    assert.equal((await scene.seal(ANNA)).outcome, 'sealed')
  })

  it('a hold that ends before the deadline leaves the deadline', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.store.retime(ANNA, { kind: 'hold', forMs: 1000, why: 'paused', atLeast: false })
    await scene.advance(1000)
    assert.deepEqual(await scene.dueIds(), [])
    assert.equal((await scene.due()).nextAt, START + IDLE)
  })

  it('a hold without end waits for its release', async (scene) => {
    assert.deepEqual(await scene.store.retime(ANNA, { kind: 'release', only: null }), {
      outcome: 'none',
    })
    await scene.write(ANNA, ['a'], { newBatchId: batchId('one') })
    await scene.store.retime(ANNA, { kind: 'hold', forMs: null, why: 'paused', atLeast: false })
    await scene.advance(100 * HOUR)
    await scene.write(ANNA, ['b'])
    const held = await scene.store.conversation(ANNA)
    assert.deepEqual([held.hold?.until, held.open?.dueAt], [null, null])
    assert.deepEqual(await scene.dueIds(), [])
    assert.deepEqual(await scene.store.retime(ANNA, { kind: 'release', only: null }), {
      outcome: 'done',
      batchId: batchId('one'),
      dueAt: START + IDLE,
    })
    assert.deepEqual(await scene.dueIds(), [batchId('one')])
  })

  it('a hold lasts through the end of a turn', async (scene) => {
    const { name } = await scene.running(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    await scene.store.retime(ANNA, { kind: 'hold', forMs: null, why: 'paused', atLeast: false })
    await scene.store.settle(name, { kind: 'answered' })
    await scene.advance(HOUR)
    assert.deepEqual(await scene.dueIds(), [])
    assert.equal((await scene.seal(ANNA)).outcome, 'held')
  })

  it('an edit replaces the bytes that it names', async (scene) => {
    await scene.write(ANNA, ['a', 'b'])
    const edit = {
      kind: 'edit',
      before: payloadOf('a'),
      after: payloadOf('A'),
      remember: null,
    } as const
    assert.deepEqual(await scene.store.amend(ANNA, edit), { outcome: 'done' })
    assert.deepEqual((await scene.store.conversation(ANNA)).payloads, payloadsOf(['A', 'b']))
    assert.deepEqual(await scene.store.amend(ANNA, edit), { outcome: 'changed' })
    assert.deepEqual(await scene.store.amend(BORIS, edit), { outcome: 'changed' })
  })

  it('a revoke takes one message out and keeps its id', async (scene) => {
    await scene.write(ANNA, ids(11))
    const revoke = { kind: 'revoke', before: payloadOf('m2'), remember: null } as const
    assert.deepEqual(await scene.store.amend(ANNA, revoke), { outcome: 'done' })
    assert.deepEqual(await scene.store.amend(ANNA, revoke), { outcome: 'changed' })
    const { open, payloads } = await scene.store.conversation(ANNA)
    assert.equal(open?.size, 10)
    assert.deepEqual(payloads, payloadsOf(['m1', ...ids(9, 3)]))
    const again = await scene.write(ANNA, ['m2'])
    assert.ok(again.outcome === 'appended')
    assert.equal(again.added, 0)
    assert.equal((await scene.counts()).revoked, 1)
  })

  it('a change is known by its own id from then on, and no other one is', async (scene) => {
    await scene.write(ANNA, ['a', 'b'])
    const { dedupeMs } = LIMITS
    const remember = (id: string) => ({ idHash: hashOf(id), dedupeMs })
    const edit = { kind: 'edit', before: payloadOf('a'), after: payloadOf('A') } as const
    await scene.store.amend(ANNA, { ...edit, remember: remember('e1') })
    await scene.store.amend(ANNA, { ...edit, remember: remember('e2') })
    const revoke = { kind: 'revoke', before: payloadOf('b') } as const
    await scene.store.amend(ANNA, { ...revoke, remember: remember('r1') })
    await scene.seal(ANNA)
    const again = await scene.write(ANNA, ['e1', 'e2', 'r1'])
    assert.ok(again.outcome === 'appended')
    assert.deepEqual([again.added, again.duplicates], [1, 2])
    await scene.advance(dedupeMs + 1)
    const later = await scene.write(ANNA, ['e1', 'r1'])
    assert.ok(later.outcome === 'appended')
    assert.equal(later.added, 2)
  })

  it('a revoke makes a full batch wait again, and of the last message leaves nothing', async (scene) => {
    await scene.write(ANNA, ids(2), { limits: { maxSize: 2 } })
    assert.equal((await scene.dueIds()).length, 1)
    await scene.store.amend(ANNA, { kind: 'revoke', before: payloadOf('m2'), remember: null })
    assert.deepEqual(await scene.dueIds(), [])
    await scene.store.amend(ANNA, { kind: 'revoke', before: payloadOf('m1'), remember: null })
    assert.equal((await scene.store.conversation(ANNA)).open, null)
    assert.equal((await scene.store.pending({ offset: 0, limit: 10 })).count, 0)
  })

  it('a discard drops the open batch and leaves the turn', async (scene) => {
    assert.equal(await scene.store.discardOpen(ANNA), 0)
    const { name } = await scene.running(ANNA, ['a'])
    await scene.write(ANNA, ['b', 'c'])
    assert.equal(await scene.store.discardOpen(ANNA), 2)
    assert.equal(await scene.store.discardOpen(ANNA), 0)
    const again = await scene.write(ANNA, ['b'])
    assert.ok(again.outcome === 'appended')
    assert.deepEqual([again.added, again.duplicates], [0, 1], 'a discarded id stays known')
    assert.equal((await scene.store.settle(name, { kind: 'answered' })).outcome, 'answered')
    const counts = await scene.counts()
    assert.deepEqual([counts.discarded, counts.answered, counts.open], [2, 1, 0])
  })

  it('a failed batch is discarded once', async (scene) => {
    const turn = await scene.failed(ANNA, ['a', 'b'])
    assert.equal(await scene.store.discardFailed(turn.batchId), true)
    assert.equal(await scene.store.discardFailed(turn.batchId), false)
    assert.equal(await scene.store.batch(turn.batchId), null)
    const counts = await scene.counts()
    assert.deepEqual([counts.failed, counts.discarded], [0, 2])
  })

  it('only failed batches are discarded or retried', async (scene) => {
    const { turn } = await scene.running(ANNA, ['a'])
    assert.equal(await scene.store.discardFailed(turn.batchId), false)
    assert.equal(await scene.store.retry(turn.batchId), 'none')
    assert.equal(await scene.store.retry(batchId('unknown')), 'none')
  })

  it('a retry goes on at the first unsent part, under an attempt never used', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    const record = (step: Parameters<typeof scene.store.record>[2]) =>
      scene.store.record(turn.batchId, name.epoch, step, ANNA)
    await record({ kind: 'draft', parts: [{ text: '1' }, { text: '2' }], heard: null })
    await record({ kind: 'start', index: 0, unlessNewer: false, mark: null })
    await record({ kind: 'sent', index: 0, providerId: 'p', mark: null })
    await scene.store.settle(name, { kind: 'failed', reason: 'provider_away', answerless: false })
    assert.equal(await scene.store.retry(turn.batchId), 'done')
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
    const again = await scene.store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    assert.equal(again.turn.attempt, 2)
    const begun = await scene.begun(again.turn)
    assert.deepEqual(begun.parts, [{ state: 'sent', providerId: 'p' }, { state: 'waiting' }])
    assert.deepEqual(begun.draft, [{ text: '1' }, { text: '2' }])
    assert.equal((await scene.store.failed({ offset: 0, limit: 10 })).count, 0)
    assert.equal((await scene.counts()).failed, 0)
  })

  it('a retry waits for the turn in flight', async (scene) => {
    const failed = await scene.failed(ANNA, ['a'])
    const { name } = await scene.running(ANNA, ['b'])
    assert.equal(await scene.store.retry(failed.batchId), 'busy')
    assert.equal((await scene.store.batch(failed.batchId))?.state, 'failed')
    await scene.store.settle(name, { kind: 'answered' })
    assert.equal(await scene.store.retry(failed.batchId), 'done')
    await scene.write(ANNA, ['c'], { idleMs: 0 })
    assert.deepEqual(await scene.dueIds(), [])
  })

  it('pending counts open batches and turns that no queue has taken', async (scene) => {
    const all = { offset: 0, limit: 10 }
    const turn = await scene.turn(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    await scene.write(BORIS, ['a', 'b'])
    const { count, batches } = await scene.store.pending(all)
    assert.equal(count, 3)
    const seen = batches.map(({ conversation, size, sealed }) => [conversation, size, sealed])
    assert.deepEqual(
      seen.sort(),
      [
        [ANNA, 1, false],
        [ANNA, 1, true],
        [BORIS, 2, false],
      ].sort(),
    )
    await scene.store.queued([turn])
    assert.equal((await scene.store.pending(all)).count, 2)
  })

  it('pending is paged without gaps', async (scene) => {
    const names = Array.from({ length: 7 }, (_, i) => `7900000000${i}` as ConversationKey)
    for (const name of names) await scene.write(name, ['a'])
    const seen: string[] = []
    for (const offset of [0, 3, 6]) {
      const page = await scene.store.pending({ offset, limit: 3 })
      assert.equal(page.count, 7)
      seen.push(...page.batches.map(({ conversation }) => conversation))
    }
    assert.deepEqual(seen.sort(), names)
  })

  it('turns that the queue has taken leave no gap in the pages of those that it has not', async (scene) => {
    for (let n = 0; n < 9; n += 1) {
      const turn = await scene.turn(`7900000000${n}` as ConversationKey, ['a'])
      if (n % 3 > 0) await scene.store.queued([turn])
    }
    const found: string[] = []
    for (const offset of [0, 1, 2]) {
      const { count, batches } = await scene.store.pending({ offset, limit: 1 })
      assert.deepEqual([count, batches.length], [3, 1])
      found.push(batches[0]?.conversation ?? '')
    }
    assert.deepEqual(found.sort(), ['79000000000', '79000000003', '79000000006'])
  })

  it('failed is paged and counted', async (scene) => {
    for (const [index, name] of [ANNA, BORIS, CLARA].entries()) {
      await scene.failed(name, ['a'])
      await scene.advance(index + 1)
    }
    const first = await scene.store.failed({ offset: 0, limit: 2 })
    const second = await scene.store.failed({ offset: 2, limit: 2 })
    assert.deepEqual([first.count, first.batches.length, second.batches.length], [3, 2, 1])
    const seen = [...first.batches, ...second.batches].map(({ conversation }) => conversation)
    assert.deepEqual(seen, [ANNA, BORIS, CLARA])
  })

  it('sizes answers for each conversation in its place', async (scene) => {
    await scene.write(ANNA, ['a', 'b'], { newBatchId: batchId('one') })
    assert.deepEqual(await scene.store.sizes([BORIS, ANNA]), [
      null,
      { batchId: batchId('one'), size: 2, lastAt: START },
    ])
  })

  it('an open batch is no settled one', async (scene) => {
    await scene.write(ANNA, ['a'], { newBatchId: batchId('one') })
    assert.equal(await scene.store.batch(batchId('one')), null)
    assert.equal(await scene.store.batch(batchId('unknown')), null)
  })

  it('a role is alive as long as it says so', async (scene) => {
    const mine: RoleBeat = {
      role: 'worker',
      instance: 'w1',
      host: 'h',
      pid: 1,
      version: '0.1.0',
      digest: 'd',
    }
    const other: RoleBeat = { ...mine, role: 'processor', instance: 'p1' }
    assert.deepEqual(await scene.store.beat(mine, 5000), [{ ...mine, ageMs: 0 }])
    await scene.advance(3000)
    assert.equal((await scene.store.beat(other, 5000)).length, 2)
    await scene.advance(3000)
    assert.deepEqual(await scene.store.beat(null, 5000), [{ ...other, ageMs: 3000 }])
    await scene.store.leave(other)
    assert.deepEqual(await scene.store.beat(null, 5000), [])
  })

  it('a store says what it is', async (scene) => {
    await scene.store.ping()
    const { engine, place, id, survives } = scene.store.identity()
    assert.ok(engine && place && id)
    assert.ok(Array.isArray(survives))
  })
}
