/** The suite's part on albums: a burst of photos counts as one message for `maxSize`. */
import assert from 'node:assert/strict'
import { HELD_MAX } from '../../../src/batching/conversation-state.ts'
import { ANNA, batchId, type Case, DORA, IDLE, ids, LIMITS, MINUTE, payloadsOf } from './scene.ts'

const limits = { maxSize: 3 }
const photo = { album: true, limits }
const text = { limits }

export function albumCases(it: Case): void {
  it('photos in a row are one message, however they come', async (scene) => {
    await scene.write(ANNA, ['a'], text)
    await scene.write(ANNA, ['b', 'c', 'd'], photo)
    await scene.write(ANNA, ['e'], photo)
    assert.deepEqual(await scene.dueIds(), [])
    await scene.write(ANNA, ['f'], text)
    assert.equal((await scene.dueIds()).length, 1)
    const turn = await scene.sealed(ANNA)
    assert.deepEqual(turn.payloads, payloadsOf(['a', 'b', 'c', 'd', 'e', 'f']))
    assert.equal(turn.cause, 'full')
  })

  it('photos apart are counted each', async (scene) => {
    await scene.write(ANNA, ['a'], photo)
    await scene.write(ANNA, ['b'], text)
    await scene.write(ANNA, ['c'], photo)
    assert.equal((await scene.sealed(ANNA)).payloads.length, 3)
  })

  it('photos that go on while the batch is full are still in it, those behind it are not', async (scene) => {
    const { name } = await scene.running(ANNA, ['x'])
    await scene.write(ANNA, ['a', 'b'], text)
    await scene.write(ANNA, ['c', 'd'], photo)
    await scene.write(ANNA, ['e'], text)
    await scene.write(ANNA, ['f', 'g'], photo)
    await scene.store.settle(name, { kind: 'answered' })
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['a', 'b', 'c', 'd']))
    assert.deepEqual((await scene.store.conversation(ANNA)).payloads, payloadsOf(['e', 'f', 'g']))
  })

  it('what a seal leaves over counts anew', async (scene) => {
    const { name } = await scene.running(ANNA, ['x'])
    await scene.write(ANNA, ['a', 'b', 'c', 'd'], photo)
    await scene.write(ANNA, ['e', 'f', 'g'], text)
    await scene.store.settle(name, { kind: 'answered' })
    const next = await scene.sealed(ANNA)
    assert.deepEqual(next.payloads, payloadsOf(['a', 'b', 'c', 'd', 'e', 'f']))
    const { epoch } = await scene.begun(next)
    await scene.store.settle({ ...next, epoch }, { kind: 'answered' })
    await scene.write(ANNA, ['h'], photo)
    assert.deepEqual(await scene.dueIds(), [])
    await scene.write(ANNA, ['i'], text)
    assert.equal((await scene.sealed(ANNA)).payloads.length, 3)
  })

  it('photos that were taken back with their turn do not count now either', async (scene) => {
    await scene.write(ANNA, ['a', 'b', 'c', 'd'], photo)
    await scene.store.retime(ANNA, { kind: 'flush' })
    const turn = await scene.sealed(ANNA)
    const { epoch } = await scene.begun(turn)
    await scene.write(ANNA, ['e', 'f'], photo)
    await scene.store.settle(
      { ...turn, epoch },
      { kind: 'reopen', newBatchId: scene.newId(), idleMs: IDLE },
    )
    assert.deepEqual(await scene.dueIds(), [])
    await scene.write(ANNA, ['g'], text)
    assert.equal((await scene.sealed(ANNA)).payloads.length, 7)
  })

  it('photos of two addresses of a person do not count together either', async (scene) => {
    await scene.write(ANNA, ['a', 'b', 'c'], photo)
    await scene.write(DORA, ['d', 'e', 'f'], photo)
    const read = {
      fromTurn: null,
      fromOpen: await scene.openId(DORA),
      fromSize: 3,
      toOpen: await scene.openId(ANNA),
      toSize: 3,
    }
    const order = ['to', 'to', 'to', 'from', 'from', 'from'] as const
    await scene.store.link({ from: DORA, to: ANNA, read, order, newBatchId: batchId('back') })
    assert.deepEqual(await scene.dueIds(), [])
    await scene.write(ANNA, ['g'], photo)
    assert.deepEqual(await scene.dueIds(), [], 'it is behind a photo')
    await scene.write(ANNA, ['h'], text)
    assert.equal((await scene.sealed(ANNA)).payloads.length, 8)
  })

  it('a turn is never longer than a hold makes it', async (scene) => {
    await scene.write(ANNA, ids(HELD_MAX + 10), photo)
    assert.equal((await scene.sealed(ANNA)).payloads.length, HELD_MAX)
  })

  it('reactions between photos part them, and a hold has no use for them', async (scene) => {
    await scene.write(ANNA, ['a'], photo)
    await scene.write(ANNA, ['b'], { quiet: true, limits })
    await scene.write(ANNA, ['c'], photo)
    assert.equal((await scene.dueIds()).length, 1)
    await scene.store.retime(ANNA, { kind: 'hold', forMs: MINUTE, why: 'paused', atLeast: false })
    await scene.write(ANNA, ['d', 'e'], photo)
    await scene.advance(Math.max(MINUTE, LIMITS.ageMs))
    assert.equal((await scene.sealed(ANNA)).payloads.length, 5)
  })
}
