/** The suite's part on humans who step in, on holds, and on what was said and spent. */
import assert from 'node:assert/strict'
import type { HumanAct, HumanResult } from '../../../src/batching/store-holds.ts'
import {
  ANNA,
  BORIS,
  batchId,
  type Case,
  HOUR,
  hashOf,
  IDLE,
  LIMITS,
  MINUTE,
  payloadsOf,
  type Scene,
  START,
  TIMES,
} from './scene.ts'

const HOLD = { kind: 'hold', forMs: 30 * MINUTE, why: 'human', atLeast: true } as const
const DRAFT = { kind: 'draft', parts: [{ text: '1' }, { text: '2' }], heard: null } as const
const start = (index: number, unlessNewer = false) =>
  ({ kind: 'start', index, unlessNewer, mark: null }) as const

const saying = (id: string, more: Partial<NonNullable<HumanAct['said']>> = {}) => ({
  idHash: hashOf(id),
  marks: [],
  payload: `words of ${id}`,
  entryId: `h_${id}`,
  dedupeMs: LIMITS.dedupeMs,
  ...more,
})

/** As one who has just read the conversation. */
async function stepIn(
  scene: Scene,
  more: Partial<Omit<HumanAct, 'turn'>> & { end?: 'answered' | 'reopened' | 'kept' } = {},
): Promise<HumanResult> {
  const { end = 'answered', ...act } = more
  const conversation = act.conversation ?? ANNA
  const { turnId, open } = await scene.store.conversation(conversation)
  return scene.store.human({
    said: saying('own'),
    turn: turnId && { batchId: turnId, end },
    open: open?.batchId ?? null,
    answered: 100,
    restId: batchId('rest'),
    newBatchId: batchId('reopened'),
    hold: HOLD,
    ...act,
    conversation,
  })
}

export function humanCases(it: Case): void {
  it('what a human answers is settled, told again, and what comes next is held', async (scene) => {
    await scene.write(ANNA, ['a', 'b'])
    const id = await scene.openId(ANNA)
    assert.deepEqual(await stepIn(scene), {
      outcome: 'done',
      turnId: null,
      answered: 2,
      heldUntil: START + 30 * MINUTE,
    })
    const view = await scene.store.batch(id)
    assert.deepEqual([view?.state, view?.reason, view?.size], ['answered', 'human', 2])
    assert.deepEqual(await scene.store.history(ANNA), [
      { kind: 'turn', at: START, payloads: payloadsOf(['a', 'b']), heard: null, sent: [] },
      { kind: 'human', at: START, payload: 'words of own' },
    ])
    await scene.write(ANNA, ['c'])
    await scene.advance(IDLE)
    assert.deepEqual(await scene.dueIds(), [])
    await scene.advance(30 * MINUTE - IDLE)
    assert.equal((await scene.sealed(ANNA)).payloads.length, 1)
  })

  it('messages written after the human spoke wait for the end of the hold', async (scene) => {
    await scene.write(ANNA, ['a', 'b', 'c'])
    const id = await scene.openId(ANNA)
    const result = await stepIn(scene, { answered: 2 })
    assert.ok(result.outcome === 'done')
    assert.equal(result.answered, 2)
    assert.equal((await scene.store.batch(id))?.restId, batchId('rest'))
    assert.equal(await scene.openId(ANNA), batchId('rest'))
    await scene.store.retime(ANNA, { kind: 'release', only: null })
    await scene.advance(IDLE)
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['c']))
  })

  it('an answer in the making is fenced, and its messages are answered', async (scene) => {
    const { turn, epoch, name } = await scene.running(ANNA, ['a'])
    await scene.store.record(turn.batchId, epoch, DRAFT, ANNA)
    const result = await stepIn(scene)
    assert.ok(result.outcome === 'done')
    assert.deepEqual([result.turnId, result.answered], [turn.batchId, 1])
    const next = await scene.store.record(turn.batchId, epoch, start(0), ANNA)
    assert.deepEqual(next, { outcome: 'fenced' })
    assert.deepEqual(await scene.store.settle(name, { kind: 'answered' }), { outcome: 'fenced' })
    assert.equal((await scene.store.batch(turn.batchId))?.reason, 'human')
  })

  it('of an answer that is being sent the rest is dropped, also when it was to be reopened', async (scene) => {
    const { turn, epoch } = await scene.running(ANNA, ['a', 'b'])
    await scene.store.record(turn.batchId, epoch, DRAFT, ANNA)
    await scene.store.record(turn.batchId, epoch, start(0), ANNA)
    await scene.write(ANNA, ['c', 'd'])
    // Three from the head of both: two of the turn, one of the open batch.
    const result = await stepIn(scene, { end: 'reopened', answered: 3 })
    assert.ok(result.outcome === 'done')
    assert.equal(result.answered, 3)
    assert.deepEqual(await scene.store.record(turn.batchId, epoch, start(1), ANNA), {
      outcome: 'fenced',
    })
    const { payloads, turnId } = await scene.store.conversation(ANNA)
    assert.deepEqual([payloads, turnId], [payloadsOf(['d']), null])
    const [told] = await scene.store.history(ANNA)
    assert.deepEqual(told?.kind === 'turn' && told.sent, [{ text: '1' }])
  })

  it('a turn that was not touched goes back and is held with what came after', async (scene) => {
    const { turn, epoch } = await scene.running(ANNA, ['a', 'b'])
    await scene.write(ANNA, ['c'])
    const result = await stepIn(scene, { end: 'reopened', answered: 1 })
    assert.ok(result.outcome === 'done')
    assert.equal(result.answered, 1)
    assert.deepEqual((await scene.store.conversation(ANNA)).payloads, payloadsOf(['b', 'c']))
    const late = await scene.store.record(turn.batchId, epoch, DRAFT, ANNA)
    assert.deepEqual(late, { outcome: 'fenced' })
    assert.equal((await scene.counts()).open, 2)
  })

  it('a turn that is kept goes on, and nothing is settled', async (scene) => {
    const { turn, epoch, name } = await scene.running(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    const result = await stepIn(scene, { end: 'kept', hold: { ...HOLD, forMs: 0 } })
    assert.ok(result.outcome === 'done')
    assert.equal(result.answered, 0)
    await scene.store.record(turn.batchId, epoch, DRAFT, ANNA)
    assert.deepEqual(await scene.store.settle(name, { kind: 'answered' }), { outcome: 'answered' })
  })

  it('who read the conversation before it changed is told so, and nothing changes', async (scene) => {
    await scene.write(ANNA, ['a'])
    const open = await scene.openId(ANNA)
    await scene.advance(IDLE)
    await scene.sealed(ANNA)
    const before = await scene.store.conversation(ANNA)
    const act = {
      conversation: ANNA,
      said: saying('own'),
      turn: null,
      open,
      answered: 1,
      restId: batchId('rest'),
      newBatchId: batchId('reopened'),
      hold: HOLD,
    }
    assert.deepEqual(await scene.store.human(act), { outcome: 'changed' })
    assert.deepEqual(await scene.store.conversation(ANNA), before)
    assert.equal((await stepIn(scene)).outcome, 'done', 'it was not counted as told')
  })

  it('the same own message again changes nothing', async (scene) => {
    await stepIn(scene, { hold: { ...HOLD, forMs: 1000 } })
    await scene.advance(1000)
    await scene.write(ANNA, ['a'])
    assert.deepEqual(await stepIn(scene), { outcome: 'duplicate' })
    assert.equal((await scene.store.conversation(ANNA)).hold, null)
    assert.equal((await scene.store.history(ANNA)).length, 1)
  })

  it('what we sent is ours, by its text for a while and by its id for longer', async (scene) => {
    const { turn, epoch } = await scene.running(ANNA, ['a'])
    const record = (step: Parameters<typeof scene.store.record>[2]) =>
      scene.store.record(turn.batchId, epoch, step, ANNA)
    await record(DRAFT)
    await record({ ...start(0), mark: { hash: 'text', forMs: MINUTE } })
    const echo = (id: string, ...marks: string[]) =>
      stepIn(scene, { said: saying(id, { marks }), end: 'kept' })
    assert.deepEqual(await echo('e1', 'other', 'text'), { outcome: 'ours' })
    await record({
      kind: 'sent',
      index: 0,
      providerId: 'p',
      mark: { hash: 'id', forMs: HOUR / 2 },
    })
    assert.deepEqual(await echo('e2', 'id'), { outcome: 'ours' })
    assert.deepEqual(await echo('e2', 'id'), { outcome: 'duplicate' })
    await scene.advance(MINUTE)
    assert.deepEqual(await echo('e3', 'id', 'text'), { outcome: 'ours' })
    assert.equal((await echo('e4', 'text')).outcome, 'done', 'the text is forgotten')
    const boris = await stepIn(scene, {
      conversation: BORIS,
      said: saying('e5', { marks: ['id'] }),
    })
    assert.equal(boris.outcome, 'done', 'ours to Anna is not ours to Boris')
  })

  it('a longer hold stands, and a release names its reason', async (scene) => {
    const stop = { kind: 'hold', forMs: null, why: 'stopped', atLeast: true } as const
    await scene.store.retime(ANNA, stop)
    await stepIn(scene)
    assert.deepEqual((await scene.store.conversation(ANNA)).hold, {
      conversation: ANNA,
      why: 'stopped',
      until: null,
    })
    const release = { kind: 'release', only: 'human' } as const
    assert.deepEqual(await scene.store.retime(ANNA, release), { outcome: 'none' })
    assert.equal((await scene.store.retime(ANNA, { ...release, only: 'stopped' })).outcome, 'done')
    const below = { conversation: ANNA, why: 'human', until: START + 30 * MINUTE }
    assert.deepEqual((await scene.store.conversation(ANNA)).hold, below, 'what it lay upon')
    await scene.advance(MINUTE)
    await scene.store.retime(ANNA, stop)
    await scene.store.retime(ANNA, { ...release, only: 'stopped' })
    assert.deepEqual((await scene.store.conversation(ANNA)).hold, below)
    await scene.store.retime(ANNA, stop)
    await scene.store.retime(ANNA, { kind: 'release', only: null })
    assert.equal((await scene.store.conversation(ANNA)).hold, null)
  })

  it('what gathers during a hold is one turn at its end', async (scene) => {
    await scene.write(ANNA, ['a'], { limits: { maxSize: 2 } })
    await scene.store.retime(ANNA, { kind: 'hold', forMs: MINUTE, why: 'paused', atLeast: false })
    for (const id of ['b', 'c', 'd']) await scene.write(ANNA, [id], { limits: { maxSize: 2 } })
    await scene.advance(MINUTE)
    await scene.write(ANNA, ['e'], { limits: { maxSize: 2 } })
    const held = await scene.sealed(ANNA)
    assert.equal(held.payloads.length, 5)
    const { epoch } = await scene.begun(held)
    await scene.store.settle({ ...held, epoch }, { kind: 'answered' })
    await scene.write(ANNA, ['f', 'g', 'h'], { limits: { maxSize: 2 } })
    assert.equal((await scene.sealed(ANNA)).payloads.length, 2)
  })

  it('a failed batch is not tried into a hold', async (scene) => {
    const { batchId: id } = await scene.failed(ANNA, ['a'])
    await stepIn(scene)
    assert.equal(await scene.store.retry(id), 'held')
    await scene.store.retime(ANNA, { kind: 'release', only: null })
    assert.equal(await scene.store.retry(id), 'done')
  })

  it('a release by a word is known by its message, and one operation', async (scene) => {
    await scene.store.retime(ANNA, { kind: 'hold', forMs: null, why: 'paused', atLeast: false })
    const release = { kind: 'release', only: null } as const
    const word = { said: saying('on', { payload: null }), end: 'kept' as const, hold: release }
    assert.equal((await stepIn(scene, word)).outcome, 'done')
    assert.equal((await scene.store.conversation(ANNA)).hold, null)
    await scene.store.retime(ANNA, { kind: 'hold', forMs: null, why: 'paused', atLeast: false })
    assert.equal((await stepIn(scene, word)).outcome, 'duplicate')
    assert.equal((await scene.store.conversation(ANNA)).hold?.why, 'paused')
  })

  it('a start that got no answer does not end a turn that has one by another way', async (scene) => {
    const { turn, epoch, name } = await scene.running(ANNA, ['a'])
    await scene.store.answer(turn.batchId, [{ text: 'later' }])
    const sorry = { kind: 'apologise', mark: null, answerless: true } as const
    assert.deepEqual(await scene.store.record(turn.batchId, epoch, sorry, ANNA), {
      outcome: 'sent',
    })
    const failed = { kind: 'failed', reason: 'no', answerless: true } as const
    assert.deepEqual(await scene.store.settle(name, failed), { outcome: 'waiting' })
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
    const again = await scene.store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    const begun = await scene.begun(again.turn)
    assert.deepEqual(begun.draft, [{ text: 'later' }])
  })

  it('a part that surely was not taken is not in the air', async (scene) => {
    const { turn, epoch } = await scene.running(ANNA, ['a'])
    const record = (step: Parameters<typeof scene.store.record>[2]) =>
      scene.store.record(turn.batchId, epoch, step, ANNA)
    await record(DRAFT)
    await record(start(0))
    assert.deepEqual(await record({ kind: 'unsent', index: 0 }), { outcome: 'ok' })
    assert.deepEqual(await record(start(0)), { outcome: 'go', uncertain: false })
    await record({ kind: 'sent', index: 0, providerId: 'p', mark: null })
    await record({ kind: 'unsent', index: 0 })
    assert.deepEqual(await record(start(0)), { outcome: 'sent' })
  })

  it('ids that were seen are told, and nothing is counted', async (scene) => {
    await scene.write(ANNA, ['a'])
    const ask = () => scene.store.known(ANNA, [hashOf('a'), hashOf('b')], LIMITS.dedupeMs)
    assert.deepEqual(await ask(), [true, false])
    assert.equal((await scene.counts()).duplicates, 0)
    await scene.advance(LIMITS.dedupeMs)
    assert.deepEqual(await ask(), [false, false])
  })

  it('who opted out is held by nothing else, however somebody pauses', async (scene) => {
    const pause = { kind: 'hold', forMs: null, why: 'paused', atLeast: false } as const
    const stop = { kind: 'hold', forMs: null, why: 'stopped', atLeast: true } as const
    await scene.store.retime(ANNA, pause)
    await scene.store.retime(ANNA, stop)
    await scene.store.retime(ANNA, { ...pause, forMs: MINUTE })
    await stepIn(scene, { hold: { ...HOLD, atLeast: false } })
    assert.deepEqual((await scene.store.conversation(ANNA)).hold, {
      conversation: ANNA,
      why: 'stopped',
      until: null,
    })
    await scene.store.retime(ANNA, { kind: 'release', only: 'stopped' })
    await scene.store.retime(ANNA, { ...pause, forMs: MINUTE })
    assert.equal((await scene.store.conversation(ANNA)).hold?.why, 'paused')
  })

  it('what was held may be released to wait once more, for what comes right behind', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.store.retime(ANNA, { kind: 'hold', forMs: null, why: 'stopped', atLeast: false })
    await scene.advance(24 * HOUR)
    const release = { kind: 'release', only: 'stopped', idleMs: IDLE } as const
    const released = await scene.store.retime(ANNA, release)
    assert.ok(released.outcome === 'done')
    assert.equal(released.dueAt, scene.clock.now() + IDLE)
    assert.deepEqual(await scene.dueIds(), [])
    await scene.write(ANNA, ['b'])
    await scene.advance(IDLE)
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['a', 'b']))
    assert.equal((await scene.store.retime(ANNA, release)).outcome, 'none')
  })

  it('what is held is listed, what ends first first', async (scene) => {
    await stepIn(scene, { conversation: BORIS })
    await scene.store.retime(ANNA, { kind: 'hold', forMs: MINUTE, why: 'paused', atLeast: false })
    const anna = { conversation: ANNA, why: 'paused', until: START + MINUTE }
    const boris = { conversation: BORIS, why: 'human', until: START + 30 * MINUTE }
    const all = { offset: 0, limit: 10 }
    assert.deepEqual(await scene.store.holds(all), { count: 2, holds: [anna, boris] })
    assert.deepEqual(await scene.store.holds({ offset: 1, limit: 1 }), { count: 2, holds: [boris] })
    await scene.advance(MINUTE)
    assert.deepEqual(await scene.store.holds(all), { count: 1, holds: [boris] })
  })

  it('the last turns are told again, with what was heard, and no older ones', async (scene) => {
    for (const [n, id] of ['a', 'b', 'c', 'd'].entries()) {
      const { turn, epoch, name } = await scene.running(ANNA, [id])
      const draft = { ...DRAFT, heard: id === 'd' ? 'heard' : null }
      await scene.store.record(turn.batchId, epoch, draft, ANNA)
      await scene.store.record(turn.batchId, epoch, start(0), ANNA)
      await scene.store.settle(name, { kind: 'answered' })
      await scene.advance(n === 3 ? 0 : 1000)
    }
    const told = await scene.store.history(ANNA)
    assert.deepEqual(
      told.map((entry) => (entry.kind === 'turn' ? [entry.payloads, entry.heard] : [])),
      [
        [payloadsOf(['b']), null],
        [payloadsOf(['c']), null],
        [payloadsOf(['d']), 'heard'],
      ],
    )
    assert.deepEqual(await scene.store.history(BORIS), [])
    await scene.advance(TIMES.historyMs - 1000)
    assert.equal((await scene.store.history(ANNA)).length, 1, 'too old')
  })

  it(
    'nothing is told where nothing is kept',
    async (scene) => {
      const { name } = await scene.running(ANNA, ['a'])
      await scene.store.settle(name, { kind: 'answered' })
      await stepIn(scene)
      assert.deepEqual(await scene.store.history(ANNA), [])
    },
    { historyTurns: 0 },
  )

  it('reactions alone and failed turns are no history', async (scene) => {
    await scene.write(ANNA, ['a'], { quiet: true })
    await scene.advance(LIMITS.ageMs)
    assert.equal((await scene.seal(ANNA)).outcome, 'quiet')
    await scene.failed(ANNA, ['b'])
    assert.deepEqual(await scene.store.history(ANNA), [])
  })

  it('what an account spends is summed up by the day', async (scene) => {
    assert.equal(await scene.store.spend('salon', 0), 0)
    assert.equal(await scene.store.spend('salon', 70), 70)
    assert.equal(await scene.store.spend('salon', 30), 100)
    assert.equal(await scene.store.spend('bar', 5), 5)
    await scene.advance(24 * HOUR)
    assert.equal(await scene.store.spend('salon', 0), 0)
    assert.equal(await scene.store.spend('salon', 1), 1)
  })

  it('an answer that comes later is the draft, once, and wakes its turn', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    assert.deepEqual(
      await scene.store.settle(name, { kind: 'park', forMs: 5 * MINUTE, heard: null }),
      {
        outcome: 'waiting',
      },
    )
    await scene.advance(1000)
    assert.deepEqual((await scene.due()).turns, [])
    assert.equal(await scene.store.answer(turn.batchId, [{ text: 'later' }]), 'done')
    assert.equal(await scene.store.answer(turn.batchId, [{ text: 'again' }]), 'already')
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
    const again = await scene.store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    const begun = await scene.begun(again.turn)
    assert.deepEqual([begun.draft, begun.retries], [[{ text: 'later' }], 1])
    await scene.store.settle({ ...name, epoch: begun.epoch }, { kind: 'answered' })
    assert.equal(await scene.store.answer(turn.batchId, [{ text: 'late' }]), 'gone')
    assert.equal(await scene.store.answer(batchId('nobody'), []), 'gone')
  })

  it('an answer that is faster than its worker is not waited for', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    assert.equal(await scene.store.answer(turn.batchId, [{ text: 'early' }]), 'done')
    await scene.store.settle(name, { kind: 'park', forMs: 5 * MINUTE, heard: null })
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
  })

  it('an answer that never comes is asked for again after its time', async (scene) => {
    const { turn, name } = await scene.running(ANNA, ['a'])
    await scene.store.settle(name, { kind: 'park', forMs: 5 * MINUTE, heard: null })
    await scene.advance(5 * MINUTE)
    assert.deepEqual((await scene.due()).turns, [turn.batchId])
  })

  it('a sorry is said once, a skipped part is not tried again', async (scene) => {
    const { turn, epoch } = await scene.running(ANNA, ['a'])
    const record = (step: Parameters<typeof scene.store.record>[2]) =>
      scene.store.record(turn.batchId, epoch, step, ANNA)
    const sorry = { kind: 'apologise', mark: null, answerless: false } as const
    assert.deepEqual(await record(sorry), { outcome: 'go', uncertain: false })
    assert.deepEqual(await record(sorry), { outcome: 'sent' })
    await record(DRAFT)
    await record(start(0))
    assert.deepEqual(await record({ kind: 'skip', index: 0 }), { outcome: 'ok' })
    assert.deepEqual(await record(start(0)), { outcome: 'sent' })
    const view = await scene.store.batch(turn.batchId)
    assert.deepEqual(view?.parts, [{ state: 'skipped' }, { state: 'waiting' }])
  })

  it('a turn that was taken back knows how often', async (scene) => {
    const { turn, epoch, name } = await scene.running(ANNA, ['a'])
    assert.deepEqual(
      await scene.store.record(turn.batchId, epoch, { kind: 'alive', unlessNewer: true }, ANNA),
      { outcome: 'ok' },
    )
    await scene.write(ANNA, ['b'], { quiet: true })
    const alive = { kind: 'alive', unlessNewer: true } as const
    assert.deepEqual(await scene.store.record(turn.batchId, epoch, alive, ANNA), {
      outcome: 'ok',
    })
    await scene.write(ANNA, ['c'])
    assert.deepEqual(await scene.store.record(turn.batchId, epoch, alive, ANNA), {
      outcome: 'interrupted',
    })
    await scene.store.settle(name, { kind: 'reopen', newBatchId: scene.newId(), idleMs: IDLE })
    await scene.store.retime(ANNA, { kind: 'flush' })
    const again = await scene.begun(await scene.sealed(ANNA))
    assert.deepEqual([again.payloads, again.interrupts], [payloadsOf(['a', 'b', 'c']), 1])
  })

  it('other turns of the same tenant are counted, and no others', async (scene) => {
    const salon = (n: number) => `salon:7900000000${n}` as typeof ANNA
    await scene.turn(ANNA, ['a'])
    assert.equal((await scene.turn(salon(4), ['a'])).inFlight, 0)
    const second = await scene.turn(salon(5), ['a'])
    assert.equal(second.inFlight, 1)
    const { epoch } = await scene.begun(second)
    const name = { conversation: salon(5), batchId: second.batchId, epoch }
    await scene.store.settle(name, { kind: 'failed', reason: 'no', answerless: false })
    assert.equal((await scene.turn(salon(6), ['a'])).inFlight, 1)
    await stepIn(scene, { conversation: salon(4) })
    await scene.store.retry(second.batchId)
    assert.equal((await scene.turn(salon(7), ['a'])).inFlight, 2)
  })
}
