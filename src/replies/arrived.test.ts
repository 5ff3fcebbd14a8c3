import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { ANNA, BORIS } from '../../test/conformance/store/scene.ts'
import { TurnStage } from '../../test/support/turn-stage.ts'
import type { SealedTurn, Step } from '../batching/store-turn.ts'
import { Takeover } from '../takeover/takeover.ts'
import { arrivedByStatus } from './arrived.ts'
import { idMark, partMark } from './marks.ts'

describe('the echo of a part that nobody recorded', () => {
  let stage: TurnStage
  afterEach(() => stage.clear())

  interface Dead {
    readonly turn: SealedTurn
    readonly record: (step: Step) => Promise<unknown>
  }

  /** A worker died with the part of this index on the wire; those before it were sent. */
  async function dead(texts: readonly string[], index = 0, id = (i: number) => `id-${i}`) {
    const parts = texts.map((text) => ({ text }))
    const turn = await stage.turn(ANNA, ['Привет'])
    const begun = await stage.store.begin(turn)
    assert.ok(begun.outcome === 'go')
    const record = (step: Step) => stage.store.record(turn.batchId, begun.epoch, step, ANNA)
    await record({ kind: 'draft', parts, heard: null })
    for (const [i, part] of parts.slice(0, index + 1).entries()) {
      const mark = partMark(part)
      await record({ kind: 'start', index: i, unlessNewer: false, mark })
      if (i === index) break
      await record({ kind: 'sent', index: i, providerId: id(i), mark: idMark(id(i)) })
    }
    return { turn, record } satisfies Dead
  }

  function own(id: string, text: string, sentAt: number | null = stage.clock.now()) {
    const takeover = new Takeover({ ...stage.deps, store: stage.store, settings: stage.deps })
    const conversation = stage.deps.keys.parse(ANNA)
    return takeover.own({ conversation, id, text, isReaction: false, sentAt, sentAtExact: false })
  }

  const stateOf = async ({ turn }: Dead, index = 0) =>
    (await stage.store.batch(turn.batchId))?.parts[index]

  test('fault 7: marks it as arrived, and the next worker sends what is left', async () => {
    stage = await TurnStage.set()
    const it = await dead(['Раз', 'Два'])
    assert.equal(await own('e1', 'Раз\n'), 'echo')
    assert.deepEqual(await stateOf(it), { state: 'sent', providerId: 'e1' })
    const [event] = stage.events.all('part.arrived')
    assert.deepEqual([event?.by, event?.index], ['echo', 0])
    await stage.handle(await stage.afterLease(it.turn))
    assert.deepEqual(stage.texts, ['Два'])
    assert.deepEqual(stage.events.all('part.uncertain'), [])
  })

  test('is taken for no human when it comes long after', async () => {
    stage = await TurnStage.set()
    const it = await dead(['Раз'])
    const startedAt = stage.clock.now()
    stage.clock.advance(3_600_000)
    assert.equal(await own('e1', 'Раз', startedAt + 2000), 'echo')
    assert.deepEqual(await stateOf(it), { state: 'sent', providerId: 'e1' })
    assert.equal((await stage.store.conversation(ANNA)).hold, null)
  })

  for (const [what, texts, index, id, echo, ageMs] of [
    ['other words', ['Раз'], 0, 'e1', 'Два', 0],
    ['words of a part that was not begun', ['Раз', 'Два'], 0, 'e1', 'Два', 0],
    ['a time before it was begun', ['Раз'], 0, 'e1', 'Раз', 60_000],
    ['the id of an earlier part of the same words', ['Да', 'Да'], 1, 'id-0', 'Да', 0],
  ] as const) {
    test(`is none with ${what}`, async () => {
      stage = await TurnStage.set()
      const it = await dead(texts, index)
      await own(id, echo, stage.clock.now() - ageMs)
      assert.deepEqual(stage.events.all('part.arrived'), [])
      const state = (await stateOf(it, index))?.state ?? 'gone'
      assert.notEqual(state, 'sent')
    })
  }

  test('of an earlier answer of the same words, told a moment late, is none', async () => {
    stage = await TurnStage.set()
    stage.answer = async () => [{ text: 'Раз' }]
    const before = await stage.turn(ANNA, ['Эй'])
    await stage.handle(before)
    stage.clock.advance(2000)
    const it = await dead(['Раз'])
    assert.equal(await own(`id-${before.batchId}.0`, 'Раз'), 'echo')
    assert.equal((await stateOf(it))?.state, 'sending')
    assert.equal(await own('e2', 'Раз'), 'echo')
    assert.deepEqual(await stateOf(it), { state: 'sent', providerId: 'e2' })
  })

  test('of an answer that says the same twice is none where the ids are not known', async () => {
    stage = await TurnStage.set()
    const it = await dead(['Да', 'Да'], 1, () => '')
    assert.equal(await own('e1', 'Да'), 'echo')
    assert.equal((await stateOf(it, 1))?.state, 'sending')
  })

  test('of an answer that says the same twice is the later one by its own id', async () => {
    stage = await TurnStage.set()
    const it = await dead(['Да', 'Да'], 1)
    assert.equal(await own('e1', 'Да'), 'echo')
    assert.deepEqual(await stateOf(it, 1), { state: 'sent', providerId: 'e1' })
  })

  test('of another person is none', async () => {
    stage = await TurnStage.set()
    const it = await dead(['Раз'])
    const takeover = new Takeover({ ...stage.deps, store: stage.store, settings: stage.deps })
    const conversation = stage.deps.keys.parse(BORIS)
    const sentAt = stage.clock.now()
    const said = { conversation, id: 'e1', text: 'Раз', isReaction: false, sentAtExact: false }
    await takeover.own({ ...said, sentAt })
    assert.equal((await stateOf(it))?.state, 'sending')
  })

  describe('a status that bears our id', () => {
    const tell = (it: Dead, at: number | null, isOurs = true, index = 0) =>
      arrivedByStatus(
        { batchId: it.turn.batchId, index },
        { id: 'wamid.1', at, exact: false },
        () => isOurs,
        { store: stage.store, events: stage.deps.events },
      )

    test('fault 76: marks it as arrived, once', async () => {
      stage = await TurnStage.set()
      const it = await dead(['Раз'])
      for (let i = 0; i < 3; i += 1) await tell(it, stage.clock.now() + 1000)
      assert.deepEqual(await stateOf(it), { state: 'sent', providerId: 'wamid.1' })
      assert.equal(stage.events.all('part.arrived').length, 1)
    })

    test('changes nothing from another account, of another part, or of an earlier try', async () => {
      stage = await TurnStage.set()
      const it = await dead(['Раз', 'Два'])
      await tell(it, stage.clock.now(), false)
      await tell(it, stage.clock.now(), true, 1)
      await tell(it, stage.clock.now(), true, 7)
      await tell(it, stage.clock.now() - 60_000)
      assert.equal((await stateOf(it))?.state, 'sending')
      assert.deepEqual(stage.events.all('part.arrived'), [])
      await tell(it, null)
      assert.equal((await stateOf(it))?.state, 'sent')
    })
  })
})
