/** What is due and its seal: order, bounds, causes, what is left over, one turn at a time. */
import assert from 'node:assert/strict'
import type { SealCause } from '../../../src/message.ts'
import type { Case, Scene } from './scene.ts'
import {
  ANNA,
  BORIS,
  batchId,
  CLARA,
  HOUR,
  IDLE,
  ids,
  MINUTE,
  payloadsOf,
  START,
  TIMES,
} from './scene.ts'

export function dueCases(it: Case): void {
  it('nothing is due and nothing is next in an empty store', async (scene) => {
    assert.deepEqual(await scene.due(), {
      now: START,
      open: [],
      turns: [],
      soon: [],
      nextAt: null,
    })
  })

  it('due names the earliest first, at most the limit', async (scene) => {
    await scene.write(BORIS, ['a'], { idleMs: 2000 })
    await scene.write(CLARA, ['a'], { idleMs: 3000 })
    await scene.write(ANNA, ['a'], { idleMs: 1000 })
    await scene.advance(3000)
    const { open, now } = await scene.due()
    assert.equal(now, START + 3000)
    assert.deepEqual(
      open.map(({ conversation, dueAt }) => [conversation, dueAt - START]),
      [
        [ANNA, 1000],
        [BORIS, 2000],
        [CLARA, 3000],
      ],
    )
    const page = await scene.due(2)
    assert.deepEqual(
      page.open.map(({ conversation }) => conversation),
      [ANNA, BORIS],
    )
    assert.equal(page.nextAt, page.now, 'there is more')
  })

  it('holds that have ended count towards the limit', async (scene) => {
    for (const held of [BORIS, CLARA]) {
      await scene.write(held, ['a'])
      await scene.store.retime(held, { kind: 'hold', forMs: MINUTE, why: 'paused', atLeast: false })
    }
    await scene.write(ANNA, ['a'])
    await scene.advance(MINUTE)
    assert.equal((await scene.due()).open.length, 3)
    assert.equal((await scene.due(2)).open.length, 2)
  })

  it('due names what comes next and what comes soon', async (scene) => {
    await scene.write(ANNA, ['a'], { idleMs: 1000 })
    await scene.write(BORIS, ['a'], { idleMs: 5000 })
    const before = await scene.due(100, 2000)
    assert.deepEqual(before.open, [])
    assert.equal(before.nextAt, START + 1000)
    assert.deepEqual(
      before.soon.map(({ conversation }) => conversation),
      [ANNA],
    )
    await scene.advance(1000)
    const after = await scene.due(100, 2000)
    assert.equal(after.open.length, 1)
    assert.deepEqual(after.soon, [])
    assert.equal(after.nextAt, START + 5000)
  })

  it('fault 56: a deadline that is impossibly far away is due, with cause clock', async (scene) => {
    await scene.write(ANNA, ['a'])
    scene.clock.set(START - HOUR)
    assert.equal((await scene.dueIds()).length, 1)
    assert.equal((await scene.sealed(ANNA)).cause, 'clock')
  })

  it('fault 56: a turn that is to be looked at impossibly late is due', async (scene) => {
    const turn = await scene.turn(ANNA, ['a'])
    scene.clock.set(START - HOUR)
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
    assert.equal((await scene.store.reclaim(turn.batchId)).outcome, 'reclaimed')
  })

  it('a hold that ends far away is not taken for a jump of the clock', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.store.retime(ANNA, { kind: 'hold', forMs: 2 * HOUR, why: 'paused', atLeast: false })
    assert.deepEqual(await scene.dueIds(), [])
  })

  it('a seal is a turn with everything that the queue needs', async (scene) => {
    await scene.write(ANNA, ['a'], { newBatchId: batchId('one') })
    await scene.advance(1000)
    await scene.write(ANNA, ['b'])
    await scene.advance(IDLE + 5)
    assert.deepEqual(await scene.sealed(ANNA), {
      conversation: ANNA,
      batchId: batchId('one'),
      attempt: 1,
      payloads: payloadsOf(['a', 'b']),
      cause: 'idle',
      firstAt: START,
      lastAt: START + 1000,
      dueAt: START + 1000 + IDLE,
      sealedAt: START + 1000 + IDLE + 5,
      inFlight: 0,
    })
    assert.deepEqual(await scene.dueIds(), [])
    assert.equal((await scene.store.conversation(ANNA)).turnId, batchId('one'))
  })

  it('a seal says why', async (scene) => {
    assert.equal(await causeOf(scene, () => scene.write(ANNA, ids(10))), 'full')
    await answer(scene)
    assert.equal(await causeOf(scene, () => scene.write(ANNA, ['x'], { idleMs: 0 })), 'flush')
    await answer(scene)
    await scene.write(ANNA, ['y'])
    await scene.advance(10)
    assert.equal(await causeOf(scene, () => flush(scene)), 'flush')
    await answer(scene)
    await scene.write(ANNA, ['z'], { idleMs: 50_000 })
    await scene.advance(20_000)
    await scene.write(ANNA, ['zz'], { idleMs: 50_000 })
    assert.equal(await causeOf(scene, () => scene.advance(40_000)), 'age')
  })

  it('a seal of nothing, of another batch, or too early does nothing', async (scene) => {
    const ask = { conversation: ANNA, batchId: batchId('one'), restId: batchId('rest') }
    assert.deepEqual(await scene.store.seal([ask]), [{ outcome: 'none' }])
    await scene.write(ANNA, ['a'], { newBatchId: batchId('one') })
    assert.deepEqual(await scene.store.seal([ask]), [{ outcome: 'early' }])
    await scene.advance(IDLE)
    const other = { ...ask, batchId: batchId('other') }
    assert.deepEqual(await scene.store.seal([other]), [{ outcome: 'none' }])
    assert.equal((await scene.store.conversation(ANNA)).open?.size, 1)
  })

  it('of two seals at once one wins', async (scene) => {
    await scene.write(ANNA, ['a'], { newBatchId: batchId('one'), idleMs: 0 })
    const ask = { conversation: ANNA, batchId: batchId('one'), restId: batchId('rest') }
    const results = await Promise.all([scene.store.seal([ask]), scene.store.seal([ask])])
    const outcomes = results.flat().map((r) => (r instanceof Error ? r.message : r.outcome))
    assert.deepEqual(outcomes.sort(), ['none', 'sealed'])
  })

  it('several conversations are sealed in one call, each with its own answer', async (scene) => {
    await scene.write(ANNA, ['a'], { newBatchId: batchId('a'), idleMs: 0 })
    await scene.write(BORIS, ['b'], { newBatchId: batchId('b') })
    const results = await scene.store.seal([
      { conversation: ANNA, batchId: batchId('a'), restId: batchId('ra') },
      { conversation: CLARA, batchId: batchId('c'), restId: batchId('rc') },
      { conversation: BORIS, batchId: batchId('b'), restId: batchId('rb') },
    ])
    const outcomes = results.map((r) => (r instanceof Error ? r.message : r.outcome))
    assert.deepEqual(outcomes, ['sealed', 'none', 'early'])
  })

  it('a conversation with a turn in flight is neither due nor sealed', async (scene) => {
    await scene.turn(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    await scene.advance(MINUTE)
    assert.deepEqual(await scene.dueIds(), [])
    assert.equal((await scene.seal(ANNA)).outcome, 'busy')
    assert.equal((await scene.store.conversation(ANNA)).open?.dueAt, null)
  })

  it('a held conversation is neither due nor sealed', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.store.retime(ANNA, { kind: 'hold', forMs: null, why: 'paused', atLeast: false })
    await scene.advance(MINUTE)
    assert.deepEqual(await scene.dueIds(), [])
    assert.equal((await scene.seal(ANNA)).outcome, 'held')
  })

  it('quiet messages alone become no turn', async (scene) => {
    await scene.write(ANNA, ['s1', 's2'], { quiet: true, newBatchId: batchId('quiet') })
    await scene.advance(MINUTE)
    assert.deepEqual(await scene.seal(ANNA), {
      outcome: 'quiet',
      batchId: batchId('quiet'),
      size: 2,
    })
    const view = await scene.store.batch(batchId('quiet'))
    assert.deepEqual([view?.state, view?.reason, view?.size], ['answered', 'quiet', 2])
    assert.equal((await scene.store.conversation(ANNA)).turnId, null)
    assert.equal((await scene.counts()).answered, 2)
  })

  it('the eleventh message waits in the next batch from its own time', async (scene) => {
    await scene.write(ANNA, ids(10))
    await scene.advance(200)
    await scene.write(ANNA, ids(1, 11))
    const turn = await scene.sealed(ANNA, batchId('rest'))
    assert.equal(turn.cause, 'full')
    assert.deepEqual(turn.payloads, payloadsOf(ids(10)))
    assert.equal((await scene.store.batch(turn.batchId))?.restId, batchId('rest'))
    await answer(scene)
    const { open, payloads } = await scene.store.conversation(ANNA)
    assert.deepEqual(payloads, payloadsOf(ids(1, 11)))
    assert.deepEqual(
      [open?.batchId, open?.size, open?.firstAt, open?.lastAt, open?.dueAt],
      [batchId('rest'), 1, START + 200, START + 200, START + 200 + IDLE],
    )
  })

  it('25 messages become turns of 10, 10 and 5, and the five wait', async (scene) => {
    await scene.write(ANNA, ids(25))
    const sizes: number[] = []
    for (let i = 0; i < 2; i += 1) {
      const turn = await scene.sealed(ANNA)
      sizes.push(turn.payloads.length)
      assert.deepEqual(turn.payloads, payloadsOf(ids(10, 1 + 10 * i)))
      await answer(scene)
    }
    assert.deepEqual(await scene.dueIds(), [])
    assert.equal((await scene.seal(ANNA)).outcome, 'early')
    await scene.advance(IDLE)
    const last = await scene.sealed(ANNA)
    assert.deepEqual(last.payloads, payloadsOf(ids(5, 21)))
    assert.deepEqual([...sizes, last.payloads.length], [10, 10, 5])
  })

  it('a turn whose handover was not confirmed is due again', async (scene) => {
    const turn = await scene.turn(ANNA, ['a'])
    assert.equal((await scene.due()).nextAt, START + TIMES.handoverMs)
    await scene.advance(TIMES.handoverMs)
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
  })

  it('deadlines near enough wake a sleeping processor, and others do not', async (scene) => {
    let resolveWoken = (): void => {}
    const woken = new Promise<void>((resolve) => {
      resolveWoken = resolve
    })
    let wakes = 0
    const forget = await scene.store.onWake(() => {
      wakes += 1
      resolveWoken()
    })
    await scene.write(ANNA, ['a'])
    assert.equal(wakes, 0)
    await flush(scene)
    await woken
    assert.ok(wakes > 0)
    forget()
  })
}

async function causeOf(scene: Scene, bring: () => Promise<unknown>): Promise<SealCause> {
  await bring()
  return (await scene.sealed(ANNA)).cause
}

function flush(scene: Scene): Promise<unknown> {
  return scene.store.retime(ANNA, { kind: 'flush' })
}

/** Answers the turn of ANNA that is in flight. */
async function answer(scene: Scene): Promise<void> {
  const { turnId } = await scene.store.conversation(ANNA)
  assert.ok(turnId)
  const turn = { conversation: ANNA, batchId: turnId }
  const begun = await scene.store.begin({ ...turn, attempt: 1 })
  assert.ok(begun.outcome === 'go')
  await scene.store.settle({ ...turn, epoch: begun.epoch }, { kind: 'answered' })
}
