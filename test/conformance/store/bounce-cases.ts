/** The suite's part on answers that bounce: a provider says later that a part did not arrive. */
import assert from 'node:assert/strict'
import type { SealedTurn } from '../../../src/batching/store-turn.ts'
import { ANNA, batchId, type Case, HOUR, payloadsOf, type Scene, START } from './scene.ts'

const PARTS = [{ text: '1' }, { text: '2' }, { text: '3' }]
const sent = (n: number) => ({ state: 'sent', providerId: `p${n}` })
const waiting = { state: 'waiting' }

/** Plays a turn from its first start, or from its first unsent part, to its end. */
async function answer(scene: Scene, turn: SealedTurn, from = 0): Promise<void> {
  const { batchId: id, conversation } = turn
  const { epoch } = await scene.begun(turn)
  await scene.store.record(id, epoch, { kind: 'draft', parts: PARTS, heard: null }, conversation)
  for (let index = from; index < PARTS.length; index += 1) {
    const part = { index, mark: null } as const
    const start = { kind: 'start', unlessNewer: false, ...part } as const
    const asked = await scene.store.record(id, epoch, start, conversation)
    assert.deepEqual(asked, { outcome: 'go', uncertain: false })
    const done = { kind: 'sent', providerId: `p${index}`, ...part } as const
    await scene.store.record(id, epoch, done, conversation)
  }
  await scene.store.settle({ conversation, batchId: id, epoch }, { kind: 'answered' })
}

async function answered(scene: Scene, message: string): Promise<SealedTurn> {
  const turn = await scene.turn(ANNA, [message])
  await answer(scene, turn)
  return turn
}

export function bounceCases(it: Case): void {
  it('what did not arrive is failed from that part on, for good', async (scene) => {
    const { batchId: id } = await answered(scene, 'a')
    await scene.advance(1000)
    assert.equal(await scene.store.bounce(id, 1, 'undelivered'), 'done')
    const view = await scene.store.batch(id)
    assert.deepEqual(
      [view?.state, view?.reason, view?.settledAt, view?.parts],
      ['failed', 'undelivered', START + 1000, [sent(0), waiting, waiting]],
    )
    const { answered: a, failed: f } = await scene.counts()
    assert.deepEqual([a, f], [0, 1])
    await scene.advance(10 * HOUR)
    const failed = await scene.store.failed({ offset: 0, limit: 9 })
    assert.deepEqual(failed, { count: 1, batches: [view] })
    assert.equal(await scene.store.discardFailed(id), true)
    assert.equal(await scene.store.bounce(id, 1, 'undelivered'), 'gone')
  })

  it('a retry sends what did not arrive, and no more', async (scene) => {
    const { batchId: id } = await answered(scene, 'a')
    await scene.store.bounce(id, 2, 'undelivered')
    assert.equal(await scene.store.retry(id), 'done')
    assert.equal(await scene.store.bounce(id, 2, 'undelivered'), 'busy')
    const again = await scene.store.reclaim(id)
    assert.ok(again.outcome === 'reclaimed')
    assert.equal(await scene.store.bounce(id, 2, 'undelivered'), 'busy')
    await answer(scene, again.turn, 2)
    assert.equal((await scene.store.batch(id))?.state, 'answered')
    assert.equal(await scene.store.bounce(id, 0, 'blocked'), 'done', 'it may bounce again')
  })

  it('the same report again changes nothing, one on an earlier part does', async (scene) => {
    const { batchId: id } = await answered(scene, 'a')
    await scene.store.bounce(id, 2, 'undelivered')
    const view = await scene.store.batch(id)
    assert.equal(await scene.store.bounce(id, 2, 'undelivered'), 'done')
    assert.deepEqual(await scene.store.batch(id), view)
    assert.equal(await scene.store.bounce(id, 1, 'undelivered'), 'done')
    assert.deepEqual((await scene.store.batch(id))?.parts, [sent(0), waiting, waiting])
    assert.equal(await scene.store.bounce(id, 0, 'blocked'), 'gone', 'it failed for another reason')
    assert.equal((await scene.counts()).failed, 1)
  })

  it('what the bot did not answer does not bounce', async (scene) => {
    assert.equal(await scene.store.bounce(batchId('nobody'), 0, 'undelivered'), 'gone')
    await scene.write(ANNA, ['a'])
    const open = await scene.openId(ANNA)
    assert.equal(await scene.store.bounce(open, 0, 'undelivered'), 'gone')
    await scene.store.human({
      conversation: ANNA,
      said: null,
      turn: null,
      open,
      answered: 1,
      restId: scene.newId(),
      newBatchId: scene.newId(),
      hold: { kind: 'release', only: null },
    })
    assert.equal(await scene.store.bounce(open, 0, 'undelivered'), 'gone')
    const { batchId: failed } = await scene.failed(ANNA, ['b'])
    assert.equal(await scene.store.bounce(failed, 0, 'undelivered'), 'gone')
    const { batchId: id } = await answered(scene, 'c')
    assert.equal(await scene.store.bounce(id, PARTS.length, 'undelivered'), 'gone')
    await scene.advance(HOUR)
    assert.equal(await scene.store.bounce(id, 0, 'undelivered'), 'gone', 'nobody knows it any more')
  })

  it('in the history it stands where it was answered, with what arrived of it', async (scene) => {
    const { batchId: id } = await answered(scene, 'a')
    await scene.advance(1000)
    await answered(scene, 'b')
    await scene.advance(1000)
    await scene.store.bounce(id, 1, 'undelivered')
    const told = async () =>
      (await scene.store.history(ANNA)).map((entry) =>
        entry.kind === 'turn' ? [entry.at, entry.payloads, entry.sent.length] : [],
      )
    const first = [START, payloadsOf(['a']), 1]
    const second = [START + 1000, payloadsOf(['b']), 3]
    assert.deepEqual(await told(), [first, second])
    await scene.store.retry(id)
    assert.deepEqual(await told(), [first, second])
    const again = await scene.store.reclaim(id)
    assert.ok(again.outcome === 'reclaimed')
    await answer(scene, again.turn, 1)
    assert.deepEqual(await told(), [second, [START + 2000, payloadsOf(['a']), 3]])
    await scene.store.bounce(id, 0, 'undelivered')
    await scene.store.discardFailed(id)
    assert.deepEqual(await told(), [second])
  })
}
