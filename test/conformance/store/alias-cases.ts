/** The suite's part on aliases: two addresses of one person lead to one conversation. */
import assert from 'node:assert/strict'
import { ALIAS_MS } from '../../../src/batching/store-alias.ts'
import type { ConversationKey } from '../../../src/message.ts'
import { link, type Order } from './linking.ts'
import {
  ANNA,
  BORIS,
  batchId,
  type Case,
  CLARA,
  DORA,
  HOUR,
  hashOf,
  IDLE,
  LIMITS,
  MINUTE,
  payloadsOf,
  START,
} from './scene.ts'

const DRAFT = { kind: 'draft', parts: [{ text: '1' }, { text: '2' }], heard: null } as const
const start = (index: number, unlessNewer = false) =>
  ({ kind: 'start', index, unlessNewer, mark: null }) as const

export function aliasCases(it: Case): void {
  it('who is no alias leads to itself, an alias to its conversation, whatever the way', async (scene) => {
    assert.deepEqual(await scene.store.resolve([DORA, ANNA]), [DORA, ANNA])
    assert.equal(await link(scene, DORA, ANNA), 'linked')
    assert.deepEqual(await scene.store.resolve([DORA, ANNA, BORIS]), [ANNA, ANNA, BORIS])
    assert.equal(await link(scene, ANNA, BORIS), 'linked')
    assert.deepEqual(await scene.store.resolve([DORA, ANNA, BORIS]), [BORIS, BORIS, BORIS])
    await scene.write(DORA, ['a'])
    assert.equal((await scene.store.conversation(BORIS)).open?.size, 1)
  })

  it('a link again is known, another one has to be resolved first', async (scene) => {
    assert.equal(await link(scene, DORA, ANNA), 'linked')
    await scene.write(ANNA, ['a'])
    assert.equal(await link(scene, DORA, ANNA, { read: { toSize: 9 } }), 'already')
    assert.equal(await link(scene, DORA, BORIS), 'changed')
    assert.equal(await link(scene, CLARA, DORA), 'changed')
    assert.equal(await link(scene, ANNA, DORA), 'changed', 'never in a circle')
    assert.equal(await link(scene, ANNA, ANNA), 'already')
  })

  it('is forgotten when nobody names it for long, and remembered when somebody does', async (scene) => {
    await link(scene, DORA, ANNA)
    await scene.advance(ALIAS_MS - HOUR)
    assert.equal(await link(scene, DORA, ANNA), 'already')
    await scene.advance(ALIAS_MS - HOUR)
    assert.deepEqual(await scene.store.resolve([DORA]), [ANNA])
    await scene.advance(HOUR)
    assert.deepEqual(await scene.store.resolve([DORA]), [DORA])
    assert.equal(await link(scene, DORA, ANNA), 'linked')
  })

  it('what waits on both sides is one batch, in the order that was asked for', async (scene) => {
    await scene.write(ANNA, ['a'], { newBatchId: batchId('to') })
    await scene.advance(1000)
    await scene.write(DORA, ['b', 'c'], { newBatchId: batchId('from') })
    await scene.advance(1000)
    await scene.write(ANNA, ['d'])
    const order: Order = ['to', 'from', 'from', 'to']
    assert.equal(await link(scene, DORA, ANNA, { order }), 'linked')
    const view = await scene.store.conversation(ANNA)
    assert.deepEqual(view.payloads, payloadsOf(['a', 'b', 'c', 'd']))
    assert.deepEqual(view.open, {
      conversation: ANNA,
      batchId: batchId('to'),
      size: 4,
      firstAt: START,
      lastAt: START + 2000,
      dueAt: START + 2000 + IDLE,
      sealed: false,
    })
    assert.deepEqual(await scene.store.conversation(DORA), view, 'seen from the alias as well')
    assert.equal((await scene.store.pending({ offset: 0, limit: 9 })).count, 1)
    await scene.write(DORA, ['e'])
    await scene.advance(IDLE)
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['a', 'b', 'c', 'd', 'e']))
  })

  it('what waits on one side alone keeps its deadline', async (scene) => {
    await scene.write(DORA, ['a', 'b'], { newBatchId: batchId('from') })
    await scene.advance(1000)
    assert.equal(await link(scene, DORA, ANNA), 'linked')
    const { open, payloads } = await scene.store.conversation(ANNA)
    assert.deepEqual([open?.batchId, open?.dueAt], [batchId('from'), START + IDLE])
    assert.deepEqual(payloads, payloadsOf(['a', 'b']))
    await link(scene, BORIS, ANNA)
    await scene.advance(IDLE - 1000)
    assert.deepEqual(await scene.dueIds(), [batchId('from')])
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['a', 'b']))
    assert.deepEqual(
      await scene.store.seal([
        { conversation: DORA, batchId: batchId('from'), restId: batchId('rest') },
      ]),
      [{ outcome: 'none' }],
    )
  })

  it('what is due stays due, and nothing waits longer than its age', async (scene) => {
    await scene.write(ANNA, ['a'], { idleMs: MINUTE })
    await scene.write(DORA, ['b'], { idleMs: 1000 })
    await scene.advance(1000)
    assert.equal((await scene.dueIds()).length, 1)
    await link(scene, DORA, ANNA)
    assert.equal((await scene.dueIds()).length, 1)
    await scene.write(BORIS, ['c'], { limits: { ageMs: MINUTE }, idleMs: 50_000 })
    await scene.advance(49_000)
    await scene.write(CLARA, ['d'], { limits: { ageMs: MINUTE }, idleMs: 50_000 })
    await link(scene, CLARA, BORIS)
    const { open } = await scene.store.conversation(BORIS)
    assert.equal(open?.dueAt, START + 1000 + MINUTE)
  })

  it('a joined batch that is too long is sealed in pieces, but what gathered in a hold is not', async (scene) => {
    const limits = { maxSize: 2 }
    await scene.write(ANNA, ['a'], { limits })
    await scene.write(DORA, ['b', 'c'], { limits })
    await link(scene, DORA, ANNA, { order: ['from', 'to', 'from'] })
    assert.deepEqual((await scene.sealed(ANNA, batchId('rest'))).payloads, payloadsOf(['b', 'a']))
    assert.equal(await scene.openId(ANNA), batchId('rest'))
    await scene.write(BORIS, ['d', 'e'], { limits })
    await scene.store.retime(CLARA, { kind: 'hold', forMs: MINUTE, why: 'paused', atLeast: false })
    await scene.write(CLARA, ['f'], { limits })
    await link(scene, CLARA, BORIS)
    assert.equal((await scene.store.conversation(BORIS)).hold?.until, START + MINUTE)
    await scene.advance(MINUTE)
    assert.equal((await scene.sealed(BORIS)).payloads.length, 3)
  })

  it('reactions of one side and words of the other are told apart', async (scene) => {
    await scene.write(ANNA, ['a'], { quiet: true })
    await scene.write(DORA, ['b', 'c'], { quiet: true })
    await link(scene, DORA, ANNA)
    await scene.advance(LIMITS.ageMs)
    assert.equal((await scene.seal(ANNA)).outcome, 'quiet')
    await scene.write(ANNA, ['d'], { quiet: true })
    await scene.write(BORIS, ['e'])
    await link(scene, BORIS, ANNA)
    await scene.advance(LIMITS.ageMs)
    assert.equal((await scene.seal(ANNA)).outcome, 'sealed')
  })

  it('an answer of which nothing was sent is taken back, one that is being sent is waited for', async (scene) => {
    const { turn, epoch, name } = await scene.running(DORA, ['a', 'b'])
    await scene.store.record(turn.batchId, epoch, DRAFT, DORA)
    await scene.write(DORA, ['c'])
    await scene.write(ANNA, ['d'])
    const order: Order = ['from', 'to', 'from', 'from']
    assert.equal(await link(scene, DORA, ANNA, { order }), 'linked')
    assert.deepEqual(await scene.store.record(turn.batchId, epoch, start(0), DORA), {
      outcome: 'fenced',
    })
    assert.deepEqual(await scene.store.settle(name, { kind: 'answered' }), { outcome: 'gone' })
    assert.equal((await scene.begin(turn)).outcome, 'gone')
    assert.deepEqual(await scene.store.reclaim(turn.batchId), { outcome: 'gone' })
    assert.equal(await scene.store.answer(turn.batchId, []), 'gone')
    await scene.store.queued([turn])
    assert.deepEqual(
      (await scene.store.conversation(ANNA)).payloads,
      payloadsOf(['a', 'd', 'b', 'c']),
    )
    await scene.advance(IDLE)
    const next = await scene.sealed(ANNA)
    assert.equal(next.inFlight, 0)
    assert.equal((await scene.begun(next)).interrupts, 0)

    const other = await scene.running(BORIS, ['e'])
    await scene.store.record(other.turn.batchId, other.epoch, DRAFT, BORIS)
    await scene.store.record(other.turn.batchId, other.epoch, start(0), BORIS)
    const before = await scene.store.conversation(BORIS)
    assert.equal(await link(scene, BORIS, ANNA), 'busy')
    assert.deepEqual(await scene.store.conversation(BORIS), before)
    await scene.store.settle(other.name, { kind: 'answered' })
    assert.equal(await link(scene, BORIS, ANNA), 'linked')
  })

  it('a turn that goes back alone is an open batch of its own, due at once', async (scene) => {
    await scene.turn(DORA, ['a'])
    assert.equal(await link(scene, DORA, ANNA), 'linked')
    assert.equal(await scene.openId(ANNA), batchId('back'))
    assert.deepEqual(await scene.dueIds(), [batchId('back')])
  })

  it('a turn of the other side goes on, and is interrupted by what comes', async (scene) => {
    const { turn, epoch, name } = await scene.running(ANNA, ['a'])
    await scene.store.record(turn.batchId, epoch, DRAFT, ANNA)
    await scene.write(DORA, ['b'])
    assert.equal(await link(scene, DORA, ANNA), 'linked')
    assert.equal((await scene.store.conversation(DORA)).turnId, turn.batchId)
    assert.deepEqual(await scene.store.record(turn.batchId, epoch, start(0, true), ANNA), {
      outcome: 'interrupted',
    })
    await scene.store.settle(name, { kind: 'reopen', newBatchId: scene.newId(), idleMs: 0 })
    await scene.advance(IDLE)
    assert.deepEqual((await scene.sealed(ANNA)).payloads, payloadsOf(['a', 'b']))
  })

  it('who read something else reads again', async (scene) => {
    await scene.write(ANNA, ['a'])
    await scene.write(DORA, ['b'])
    for (const read of [
      { fromOpen: null },
      { fromTurn: batchId('turn') },
      { fromSize: 2 },
      { toOpen: batchId('other') },
      { toSize: 0 },
    ]) {
      assert.equal(await link(scene, DORA, ANNA, { read }), 'changed')
    }
    for (const order of [[], ['from'], ['to', 'to'], ['from', 'to', 'to']] as Order[]) {
      assert.equal(await link(scene, DORA, ANNA, { order }), 'changed')
    }
    assert.deepEqual(await scene.store.resolve([DORA]), [DORA])
    assert.deepEqual((await scene.store.conversation(DORA)).payloads, payloadsOf(['b']))
    assert.equal(await link(scene, DORA, ANNA), 'linked')
  })

  it('ids of both are known, and what both have stays two messages', async (scene) => {
    await scene.write(ANNA, ['a', 'b'])
    await scene.write(DORA, ['b', 'c'])
    await link(scene, DORA, ANNA)
    assert.equal((await scene.store.conversation(ANNA)).open?.size, 4)
    const again = await scene.write(ANNA, ['a', 'b', 'c'])
    assert.ok(again.outcome === 'appended')
    assert.deepEqual([again.added, again.duplicates], [0, 3])
    const hashes = ['a', 'b', 'c', 'd'].map(hashOf)
    for (const who of [ANNA, DORA]) {
      assert.deepEqual(await scene.store.known(who, hashes, LIMITS.dedupeMs), [
        true,
        true,
        true,
        false,
      ])
    }
  })

  it('holds meet as two holds do, and a stop lies above all others', async (scene) => {
    const hold = { kind: 'hold', why: 'paused', atLeast: false } as const
    await scene.store.retime(ANNA, { ...hold, forMs: MINUTE })
    await scene.store.retime(DORA, { ...hold, forMs: 1000 })
    await link(scene, DORA, ANNA)
    assert.equal((await scene.store.conversation(ANNA)).hold?.until, START + MINUTE)
    await scene.store.retime(BORIS, { ...hold, forMs: HOUR, why: 'human' })
    await scene.store.retime(BORIS, { ...hold, forMs: null, why: 'stopped' })
    await scene.write(BORIS, ['a'])
    await link(scene, BORIS, ANNA)
    assert.equal((await scene.store.conversation(ANNA)).hold?.why, 'stopped')
    assert.equal((await scene.store.holds({ offset: 0, limit: 9 })).count, 1)
    await scene.store.retime(ANNA, { kind: 'release', only: 'stopped' })
    assert.deepEqual((await scene.store.conversation(ANNA)).hold, {
      conversation: ANNA,
      why: 'human',
      until: START + HOUR,
    })
  })

  it('what we sent to either is ours', async (scene) => {
    const { turn, epoch, name } = await scene.running(DORA, ['a'])
    await scene.store.record(turn.batchId, epoch, DRAFT, DORA)
    const mark = { hash: 'text', forMs: MINUTE }
    await scene.store.record(turn.batchId, epoch, { ...start(0), mark }, DORA)
    await scene.store.settle(name, { kind: 'answered' })
    await link(scene, DORA, ANNA)
    const echo = await scene.store.human({
      conversation: ANNA,
      said: { idHash: hashOf('e'), marks: ['text'], payload: null, entryId: 'h_e', dedupeMs: HOUR },
      turn: null,
      open: null,
      answered: 0,
      restId: scene.newId(),
      newBatchId: scene.newId(),
      hold: { kind: 'release', only: null },
    })
    assert.deepEqual(echo, { outcome: 'ours' })
  })

  it('what was said on both sides is one past, as it was said', async (scene) => {
    for (const [who, id] of [
      [DORA, 'a'],
      [ANNA, 'b'],
      [DORA, 'c'],
      [ANNA, 'd'],
    ] as const) {
      const { name } = await scene.running(who, [id])
      await scene.store.settle(name, { kind: 'answered' })
      await scene.advance(1000)
    }
    await link(scene, DORA, ANNA)
    const past = async (who: ConversationKey) =>
      (await scene.store.history(who)).map((entry) => (entry.kind === 'turn' ? entry.payloads : []))
    const told = [payloadsOf(['b']), payloadsOf(['c']), payloadsOf(['d'])]
    assert.deepEqual(await past(ANNA), told)
    assert.deepEqual(await past(DORA), told)
    await link(scene, BORIS, ANNA)
    assert.deepEqual(await past(ANNA), told)
    await link(scene, ANNA, CLARA)
    assert.deepEqual(await past(BORIS), told)
  })
}
