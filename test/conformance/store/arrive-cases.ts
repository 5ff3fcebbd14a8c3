/** The suite's part on parts of which their provider says, past the worker, that it has them. */
import assert from 'node:assert/strict'
import type { Arrival, Mark, SealedTurn, Step } from '../../../src/batching/store-turn.ts'
import { ANNA, type Case, HOUR, type Scene, START, TIMES } from './scene.ts'

const PARTS = [{ text: '1' }, { text: '2' }]
const sent = (providerId: string) => ({ state: 'sent', providerId })

interface Sending {
  readonly turn: SealedTurn
  readonly epoch: number
  readonly record: (step: Step, epoch?: number) => Promise<{ outcome: string }>
  readonly arrive: (more?: Partial<Arrival>) => Promise<string>
}

/** A turn whose first part is on the wire since `START`. */
async function sending(scene: Scene): Promise<Sending> {
  const { turn, epoch } = await scene.running(ANNA, ['a'])
  const { batchId } = turn
  const record = (step: Step, under = epoch) => scene.store.record(batchId, under, step, ANNA)
  await record({ kind: 'draft', parts: PARTS, heard: null })
  await record(start(0))
  const part = { conversation: ANNA, batchId, index: 0, startedAt: START, providerId: 'p' }
  const arrive = (more = {}) => scene.store.arrive({ ...part, mark: null, ...more })
  return { turn, epoch, record, arrive }
}

const start = (index: number): Step => ({ kind: 'start', index, unlessNewer: false, mark: null })

async function parts(scene: Scene, { batchId }: SealedTurn): Promise<readonly unknown[]> {
  return (await scene.store.batch(batchId))?.parts ?? []
}

/** Whether a message of our side with this mark is known as ours. */
async function isOurs(scene: Scene, mark: Mark, n: number): Promise<boolean> {
  const { turnId } = await scene.store.conversation(ANNA)
  const dedupeMs = HOUR
  const said = { idHash: `own${n}`, marks: [mark.hash], payload: null, entryId: `h_${n}`, dedupeMs }
  const result = await scene.store.human({
    conversation: ANNA,
    said,
    turn: turnId && { batchId: turnId, end: 'kept' },
    open: null,
    answered: 0,
    restId: scene.newId(),
    newBatchId: scene.newId(),
    hold: { kind: 'release', only: null },
  })
  return result.outcome === 'ours'
}

export function arriveCases(it: Case): void {
  it('a part that arrived is sent, and nobody is let send it again', async (scene) => {
    const { turn, arrive } = await sending(scene)
    assert.equal(await arrive(), 'done')
    assert.deepEqual(await parts(scene, turn), [sent('p'), { state: 'waiting' }])
    await scene.advance(TIMES.leaseMs)
    const { epoch } = await scene.begun(turn)
    const record = (step: Step) => scene.store.record(turn.batchId, epoch, step, ANNA)
    assert.deepEqual(await record(start(0)), { outcome: 'sent' })
    assert.deepEqual(await record(start(1)), { outcome: 'go', uncertain: false })
  })

  it('its worker may say so as well, and neither takes it back', async (scene) => {
    const { turn, arrive, record } = await sending(scene)
    assert.equal(await arrive(), 'done')
    assert.equal(await arrive(), 'gone')
    await record({ kind: 'unsent', index: 0 })
    await record({ kind: 'skip', index: 0 })
    assert.deepEqual((await parts(scene, turn))[0], sent('p'))
    await record({ kind: 'sent', index: 0, providerId: 'q', mark: null })
    assert.deepEqual((await parts(scene, turn))[0], sent('q'))
    assert.equal(await arrive(), 'gone')
    assert.deepEqual((await parts(scene, turn))[0], sent('q'))
  })

  it('what is said of another try, or of a part that is not on the wire, changes nothing', async (scene) => {
    const { turn, arrive, record } = await sending(scene)
    const before = await parts(scene, turn)
    assert.equal(await arrive({ startedAt: START - 1 }), 'gone')
    assert.equal(await arrive({ startedAt: undefined }), 'gone')
    for (const index of [1, 2, 99]) assert.equal(await arrive({ index }), 'gone')
    assert.equal(await arrive({ batchId: scene.newId() }), 'gone')
    assert.deepEqual(await parts(scene, turn), before)
    await record({ kind: 'unsent', index: 0 })
    assert.equal(await arrive(), 'gone')
    await scene.advance(1000)
    await record(start(0))
    assert.equal(await arrive(), 'gone', 'it was started anew')
    assert.equal(await arrive({ startedAt: START + 1000 }), 'done')
  })

  it('a part bears the time of its first try that may have reached the person', async (scene) => {
    const { turn } = await sending(scene)
    await scene.advance(TIMES.leaseMs)
    const { epoch } = await scene.begun(turn)
    const again = await scene.store.record(turn.batchId, epoch, start(0), ANNA)
    assert.deepEqual(again, { outcome: 'go', uncertain: true, startedAt: START })
    assert.deepEqual((await parts(scene, turn))[0], { state: 'sending', startedAt: START })
  })

  it('it may be said when the turn has failed: a retry goes on behind it', async (scene) => {
    const { turn, epoch, arrive } = await sending(scene)
    const { batchId } = turn
    const name = { conversation: ANNA, batchId, epoch }
    await scene.store.settle(name, { kind: 'failed', reason: 'send_failed', answerless: false })
    assert.equal(await arrive(), 'done')
    assert.deepEqual(await parts(scene, turn), [sent('p'), { state: 'waiting' }])
    assert.equal((await scene.counts()).failed, 1)
    assert.equal(await scene.store.retry(batchId), 'done')
    const again = await scene.store.reclaim(batchId)
    assert.ok(again.outcome === 'reclaimed')
    const begun = await scene.begun(again.turn)
    const asked = await scene.store.record(batchId, begun.epoch, start(0), ANNA)
    assert.deepEqual(asked, { outcome: 'sent' })
  })

  it('what arrived is known as ours by its mark', async (scene) => {
    const { arrive } = await sending(scene)
    const mark = { hash: 'iabc', forMs: HOUR }
    const marked = () => scene.store.marked(ANNA, ['iabc', 'idef'])
    assert.deepEqual(await scene.store.marked(ANNA, []), [])
    assert.equal(await arrive({ mark, startedAt: START - 1 }), 'gone')
    assert.equal(await isOurs(scene, mark, 1), false)
    assert.deepEqual(await marked(), [false, false])
    assert.equal(await arrive({ mark }), 'done')
    assert.equal(await isOurs(scene, mark, 2), true)
    assert.deepEqual(await marked(), [true, false])
    await scene.advance(HOUR)
    assert.deepEqual(await marked(), [false, false])
  })
}
