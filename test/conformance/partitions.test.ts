/** What is of a store in partitions alone: two addresses of one person in two of them. */
import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { ConversationKey } from '../../src/message.ts'
import { makePartitions } from './make-redis.ts'
import { link } from './store/linking.ts'
import {
  ANNA,
  type batchId,
  CLARA,
  caseFor,
  HOUR,
  MINUTE,
  payloadsOf,
  type Scene,
} from './store/scene.ts'

/** In the other partition. */
const EVA = '79001112233' as ConversationKey
const SENT = [{ text: 'да' }]

describe('two addresses of one person in two partitions', () => {
  const it = caseFor(makePartitions)

  it('are in two', async ({ store }) => {
    assert.notEqual(store.partOf(EVA), store.partOf(ANNA))
    assert.equal(store.partOf(CLARA), store.partOf(ANNA))
  })

  it('become one: what is asked of either is done to one, and a second time it is remembered', async (scene) => {
    const { store } = scene
    assert.equal(await link(scene, EVA, ANNA), 'linked')
    assert.equal(await link(scene, EVA, ANNA), 'already')
    assert.deepEqual(await store.resolve([EVA, ANNA, CLARA]), [ANNA, ANNA, CLARA])
    const written = await scene.write(EVA, ['a'])
    assert.ok(written.outcome === 'appended')
    assert.equal(written.conversation, ANNA)
    await scene.write(ANNA, ['b'])
    assert.deepEqual((await store.conversation(EVA)).payloads, payloadsOf(['a', 'b']))
    assert.deepEqual((await store.sizes([EVA]))[0]?.size, 2)
    await store.retime(EVA, { kind: 'flush' })
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['a', 'b']))
  })

  it('wait for what waits at the one that becomes an alias, and lose nothing', async (scene) => {
    await scene.write(EVA, ['a'])
    assert.equal(await link(scene, EVA, ANNA), 'waiting')
    const { name } = await scene.running(EVA, ['b'])
    assert.equal(await link(scene, EVA, ANNA), 'waiting')
    assert.deepEqual(await scene.store.resolve([EVA]), [EVA])
    await scene.store.settle(name, { kind: 'answered' })
    assert.equal(await link(scene, EVA, ANNA), 'linked')
    assert.equal((await scene.counts()).answered, 2)
  })

  it('bring along what was seen, sent and said, and a hold', async (scene) => {
    const { store } = scene
    const { turn, epoch, name } = await scene.running(EVA, ['a'])
    await store.record(turn.batchId, epoch, { kind: 'draft', parts: SENT, heard: null }, EVA)
    const mark = { hash: 'm'.padEnd(11, '_'), forMs: HOUR }
    await store.record(
      turn.batchId,
      epoch,
      { kind: 'start', index: 0, mark, unlessNewer: false },
      EVA,
    )
    await store.record(turn.batchId, epoch, { kind: 'sent', index: 0, providerId: 'p1', mark }, EVA)
    await store.settle(name, { kind: 'answered' })
    await store.retime(EVA, { kind: 'hold', forMs: MINUTE, why: 'paused', atLeast: false })
    assert.equal(await link(scene, EVA, ANNA), 'linked')
    const again = await scene.write(ANNA, ['a'])
    assert.ok(again.outcome === 'appended')
    assert.deepEqual([again.added, again.duplicates], [0, 1])
    assert.deepEqual(await store.marked(ANNA, [mark.hash]), [true])
    const [told] = await store.history(ANNA)
    assert.ok(told?.kind === 'turn')
    assert.deepEqual(told.payloads, payloadsOf(['a']))
    assert.equal((await store.conversation(EVA)).hold?.why, 'paused')
    assert.equal((await store.holds({ offset: 0, limit: 10 })).count, 1)
  })

  it('are not linked where one of them became an alias meanwhile, and never in a circle', async (scene) => {
    await link(scene, ANNA, CLARA)
    assert.equal(await link(scene, EVA, ANNA), 'changed')
    assert.equal(await link(scene, EVA, CLARA), 'linked')
    assert.equal(await link(scene, CLARA, EVA), 'changed')
    assert.deepEqual(await scene.store.resolve([EVA, ANNA]), [CLARA, CLARA])
  })

  it('of two links at once that would lead in a circle at most one stands', async (scene) => {
    const outcomes = await Promise.all([link(scene, EVA, ANNA), link(scene, ANNA, EVA)])
    assert.ok(outcomes.filter((outcome) => outcome === 'linked').length <= 1)
    const [one, other] = await scene.store.resolve([EVA, ANNA])
    assert.ok(one === other || (one === EVA && other === ANNA), `${one} ${other}`)
  })

  it('a failed batch of the alias becomes a turn of the one it leads to', async (scene) => {
    const { store } = scene
    const failed = await scene.failed(EVA, ['a'])
    assert.equal(await link(scene, EVA, ANNA), 'linked')
    const { name } = await scene.running(ANNA, ['b'])
    const before = await scene.counts()
    assert.equal(await store.retry(failed.batchId), 'busy')
    await store.settle(name, { kind: 'answered' })
    await store.retime(ANNA, { kind: 'hold', forMs: MINUTE, why: 'paused', atLeast: false })
    assert.equal(await store.retry(failed.batchId), 'held')
    const { accepted, discarded } = await scene.counts()
    assert.deepEqual([accepted, discarded], [before.accepted, before.discarded])
    await store.retime(ANNA, { kind: 'release', only: null })
    assert.equal(await store.retry(failed.batchId), 'done')
    const view = await store.conversation(ANNA)
    assert.equal(view.turnId, failed.batchId)
    assert.deepEqual(view.turnPayloads, payloadsOf(['a']))
    assert.equal((await store.failed({ offset: 0, limit: 10 })).count, 0)
    await scene.advance(HOUR)
    await endTurn(scene, failed.batchId)
    assert.equal((await scene.counts()).answered, 2)
  })
})

async function endTurn(scene: Scene, id: ReturnType<typeof batchId>): Promise<void> {
  const reclaimed = await scene.store.reclaim(id)
  assert.ok(reclaimed.outcome === 'reclaimed')
  const { epoch } = await scene.begun(reclaimed.turn)
  const name = { conversation: reclaimed.turn.conversation, batchId: id, epoch }
  await scene.store.settle(name, { kind: 'answered' })
}
