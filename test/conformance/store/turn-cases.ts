/** A turn in flight: handed over again, begun, recorded. */
import assert from 'node:assert/strict'
import type { Step } from '../../../src/batching/store-turn.ts'
import type { Case } from './scene.ts'
import { ANNA, BORIS, batchId, CLARA, payloadsOf, START, TIMES } from './scene.ts'

const PAGE = { offset: 0, limit: 10 }

export function turnCases(it: Case): void {
  it('an unconfirmed handover is repeated under the same attempt', async (scene) => {
    const turn = await scene.turn(ANNA, ['a', 'b'])
    assert.deepEqual(await scene.store.reclaim(turn.batchId), { outcome: 'early' })
    await scene.advance(TIMES.handoverMs)
    const again = await scene.store.reclaim(turn.batchId)
    assert.deepEqual(again, { outcome: 'reclaimed', turn })
    assert.deepEqual(await scene.store.reclaim(turn.batchId), { outcome: 'early' })
  })

  it('a turn that waits on the queue is handed over again under its id, at last under a new one', async (scene) => {
    const turn = await scene.turn(ANNA, ['a'])
    await scene.store.queued([turn])
    assert.equal((await scene.store.batch(turn.batchId))?.state, 'queued')
    await scene.advance(TIMES.handoverMs)
    assert.deepEqual((await scene.due()).turns, [])
    await scene.advance(TIMES.queuedMs - TIMES.handoverMs)
    const attempts: number[] = []
    for (let time = 0; time < 32; time += 1) {
      const again = await scene.store.reclaim(turn.batchId)
      assert.ok(again.outcome === 'reclaimed')
      attempts.push(again.turn.attempt)
      await scene.store.queued([again.turn])
      await scene.advance(TIMES.queuedMs)
    }
    const times = (attempt: number) => attempts.filter((one) => one === attempt).length
    assert.deepEqual([times(1), times(2), times(3)], [9, 10, 13])
    assert.equal((await scene.begin(turn)).outcome, 'stale')
    assert.equal((await scene.begin({ ...turn, attempt: 3 })).outcome, 'go')
  })

  it('a turn whose worker died is handed over as the next attempt', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    await scene.advance(TIMES.leaseMs)
    const again = await scene.store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    assert.equal(again.turn.attempt, 2)
    const late = await scene.store.record(
      turn.batchId,
      name.epoch,
      { kind: 'alive', unlessNewer: false },
      ANNA,
    )
    assert.equal(late.outcome, 'fenced')
  })

  it('a turn that nobody knows is gone', async (scene) => {
    const unknown = { conversation: ANNA, batchId: batchId('unknown') }
    assert.deepEqual(await scene.store.reclaim(unknown.batchId), { outcome: 'gone' })
    assert.deepEqual(await scene.store.begin({ ...unknown, attempt: 1 }), { outcome: 'gone' })
    const record = await scene.store.record(
      unknown.batchId,
      1,
      { kind: 'alive', unlessNewer: false },
      ANNA,
    )
    assert.deepEqual(record, { outcome: 'fenced' })
    await scene.store.queued([{ ...unknown, attempt: 1 }])
  })

  it('a confirmation that comes late changes nothing', async (scene) => {
    const { turn } = await scene.running(ANNA, ['a'])
    await scene.store.queued([turn])
    assert.equal((await scene.store.batch(turn.batchId))?.state, 'running')
  })

  it("a page is confirmed once, but for what is at work, given back, or nobody's", async (scene) => {
    const [first, last] = [await scene.turn(ANNA, ['a']), await scene.turn(BORIS, ['c'])]
    const { turn: atWork } = await scene.running(CLARA, ['b'])
    const earlier = { ...last, attempt: last.attempt + 1 }
    const unknown = { conversation: ANNA, batchId: batchId('unknown'), attempt: 1 }
    await scene.store.queued([first, atWork, first, earlier, unknown])
    const states = async () => {
      const views = [first, atWork, last].map(({ batchId }) => scene.store.batch(batchId))
      return (await Promise.all(views)).map((view) => view?.state)
    }
    assert.deepEqual(await states(), ['queued', 'running', 'sealed'])
    assert.equal((await scene.store.pending(PAGE)).count, 1)
    await scene.store.queued([first, last])
    assert.deepEqual(await states(), ['queued', 'running', 'queued'])
    assert.equal((await scene.store.pending(PAGE)).count, 0)
    await scene.store.queued([])
  })

  it('a start gets the messages and the fence', async (scene) => {
    const turn = await scene.turn(ANNA, ['a', 'b'])
    const begun = await scene.begin(turn)
    assert.ok(begun.outcome === 'go')
    const { epoch, ...rest } = begun
    assert.ok(epoch > 0)
    assert.deepEqual(rest, {
      outcome: 'go',
      payloads: payloadsOf(['a', 'b']),
      draft: null,
      parts: [],
      retries: 0,
      starts: 1,
      interrupts: 0,
      firstAt: START,
      lastAt: START,
    })
  })

  it('a second start is refused while the first lives, and fences it after its lease', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    assert.deepEqual(await scene.begin(turn), { outcome: 'running' })
    await scene.advance(TIMES.leaseMs)
    const { epoch } = await scene.begun(turn)
    assert.ok(epoch > name.epoch)
    const step = { kind: 'start', index: 0, unlessNewer: false, mark: null } as const
    const old = await scene.store.record(turn.batchId, name.epoch, step, ANNA)
    assert.deepEqual(old, { outcome: 'fenced' })
  })

  it('each record renews the lease', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    for (let i = 0; i < 3; i += 1) {
      await scene.advance(TIMES.leaseMs - 1)
      const alive = await scene.store.record(
        turn.batchId,
        name.epoch,
        { kind: 'alive', unlessNewer: false },
        ANNA,
      )
      assert.deepEqual(alive, { outcome: 'ok' })
    }
    assert.deepEqual((await scene.due()).turns, [])
  })

  it('a start of what is settled is gone', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    await scene.store.settle(name, { kind: 'answered' })
    assert.deepEqual(await scene.begin(turn), { outcome: 'gone' })
  })

  it(
    'more starts than allowed without an end are poison',
    async (scene) => {
      const turn = await scene.turn(ANNA, ['a'])
      await scene.write(ANNA, ['b'])
      for (let start = 1; start <= 2; start += 1) {
        await scene.begun(turn)
        await scene.advance(TIMES.leaseMs)
      }
      assert.deepEqual(await scene.begin(turn), { outcome: 'poison' })
      const view = await scene.store.batch(turn.batchId)
      assert.deepEqual([view?.state, view?.reason], ['failed', 'poison'])
      assert.equal((await scene.dueIds()).length, 1, 'what came meanwhile goes on')
      assert.deepEqual(await scene.begin(turn), { outcome: 'gone' })
      assert.equal((await scene.counts()).failed, 1)
    },
    { maxStarts: 2 },
  )

  it('the first draft stands, whoever writes the second', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    const draft = (epoch: number, ...texts: string[]) => {
      const parts = texts.map((text) => ({ text }))
      return scene.store.record(turn.batchId, epoch, { kind: 'draft', parts, heard: null }, ANNA)
    }
    const first = await draft(name.epoch, 'Раз.', 'Два.')
    assert.deepEqual(first, { outcome: 'drafted', parts: [{ text: 'Раз.' }, { text: 'Два.' }] })
    assert.deepEqual(await draft(name.epoch, 'other'), first)
    await scene.advance(TIMES.leaseMs)
    const again = await scene.begun(turn)
    assert.deepEqual(again.draft, [{ text: 'Раз.' }, { text: 'Два.' }])
    assert.deepEqual(again.parts, [{ state: 'waiting' }, { state: 'waiting' }])
    assert.deepEqual(await draft(again.epoch, 'third'), first)
  })

  it('each part is sent once, and one cut off is uncertain', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    const { batchId } = turn
    const start = (epoch: number, index: number) =>
      scene.store.record(
        batchId,
        epoch,
        { kind: 'start', index, unlessNewer: false, mark: null },
        ANNA,
      )
    await scene.store.record(
      batchId,
      name.epoch,
      { kind: 'draft', parts: [{ text: '1' }, { text: '2' }, { text: '3' }], heard: null },
      ANNA,
    )
    assert.deepEqual(await start(name.epoch, 0), { outcome: 'go', uncertain: false })
    const sent = { kind: 'sent', index: 0, providerId: 'p-1', mark: null } as const
    assert.deepEqual(await scene.store.record(batchId, name.epoch, sent, ANNA), { outcome: 'ok' })
    assert.deepEqual(await start(name.epoch, 1), { outcome: 'go', uncertain: false })
    await scene.advance(TIMES.leaseMs)
    const again = await scene.begun(turn)
    assert.deepEqual(again.parts, [
      { state: 'sent', providerId: 'p-1' },
      { state: 'sending', startedAt: START },
      { state: 'waiting' },
    ])
    assert.deepEqual(await start(again.epoch, 0), { outcome: 'sent' })
    const uncertain = { outcome: 'go', uncertain: true, startedAt: START }
    assert.deepEqual(await start(again.epoch, 1), uncertain)
    assert.deepEqual(await start(again.epoch, 2), { outcome: 'go', uncertain: false })
  })

  it('the first part is started with its draft, and only with one that is new', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    const { batchId } = turn
    const parts = [{ text: '1' }, { text: '2' }]
    const first = { unlessNewer: true, mark: { hash: 'text-1', forMs: 60_000 } }
    const draft = { kind: 'draft', parts, heard: 'what was said', first } as const
    const record = (epoch: number, step: Step) => scene.store.record(batchId, epoch, step, ANNA)
    assert.deepEqual(await record(name.epoch, draft), { outcome: 'drafted', parts, first: 'go' })
    assert.deepEqual(await scene.store.marked(ANNA, ['text-1']), [true])
    const started = [{ state: 'sending', startedAt: START }, { state: 'waiting' }] as const
    assert.deepEqual((await scene.store.batch(batchId))?.parts, started)
    // An answer to it that was lost: the part may be on its way by now.
    assert.deepEqual(await record(name.epoch, draft), { outcome: 'drafted', parts })
    const start = { kind: 'start', index: 0, unlessNewer: false, mark: null } as const
    const uncertain = { outcome: 'go', uncertain: true, startedAt: START }
    assert.deepEqual(await record(name.epoch, start), uncertain)
    assert.deepEqual(await record(name.epoch - 1, draft), { outcome: 'fenced' })
  })

  it('a newer message interrupts what would be started with its draft', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    const parts = [{ text: '1' }]
    const mark = { hash: 'text-1', forMs: 60_000 }
    const draft = { kind: 'draft', parts, heard: null, first: { unlessNewer: true, mark } } as const
    const interrupted = { outcome: 'drafted', parts, first: 'interrupted' }
    const { batchId } = turn
    assert.deepEqual(await scene.store.record(batchId, name.epoch, draft, ANNA), interrupted)
    assert.deepEqual((await scene.store.batch(batchId))?.parts, [{ state: 'waiting' }])
    assert.deepEqual(await scene.store.marked(ANNA, ['text-1']), [false])
  })

  it('the end of a turn records the part that was sent last', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    const { batchId } = turn
    const parts = [{ text: '1' }]
    const draft = { kind: 'draft', parts, heard: null } as const
    const first = { ...draft, first: { unlessNewer: false, mark: null } }
    await scene.store.record(batchId, name.epoch, first, ANNA)
    const last = { index: 0, providerId: 'p-1', mark: { hash: 'id-1', forMs: 60_000 } }
    const fenced = await scene.store.settle(
      { ...name, epoch: name.epoch - 1 },
      { kind: 'answered', last },
    )
    assert.deepEqual(fenced, { outcome: 'fenced' })
    assert.deepEqual(await scene.store.marked(ANNA, ['id-1']), [false])
    const end = () => scene.store.settle(name, { kind: 'answered', last })
    assert.deepEqual(await end(), { outcome: 'answered' })
    assert.deepEqual(await scene.store.marked(ANNA, ['id-1']), [true])
    const view = await scene.store.batch(batchId)
    assert.deepEqual(
      [view?.state, view?.parts],
      ['answered', [{ state: 'sent', providerId: 'p-1' }]],
    )
    assert.deepEqual(await end(), { outcome: 'already' })
  })

  it('a newer message interrupts the first part alone', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    const start = (index: number, unlessNewer: boolean) =>
      scene.store.record(
        turn.batchId,
        name.epoch,
        { kind: 'start', index, unlessNewer, mark: null },
        ANNA,
      )
    await scene.store.record(
      turn.batchId,
      name.epoch,
      { kind: 'draft', parts: [{ text: '1' }, { text: '2' }], heard: null },
      ANNA,
    )
    await scene.write(ANNA, ['b'])
    assert.deepEqual(await start(0, true), { outcome: 'interrupted' })
    assert.deepEqual(await start(0, false), { outcome: 'go', uncertain: false })
    assert.deepEqual(await start(1, true), { outcome: 'go', uncertain: false })
  })
}
