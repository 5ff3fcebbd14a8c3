import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ANNA, BORIS, CLARA } from '../../test/conformance/store/scene.ts'
import { TurnStage } from '../../test/support/turn-stage.ts'
import type { SealedTurn } from '../batching/store-turn.ts'
import type { ConversationKey } from '../message.ts'

/** A turn whose worker died with it that many times. */
async function startedBefore(
  stage: TurnStage,
  person: ConversationKey,
  times: number,
): Promise<SealedTurn> {
  let turn = await stage.turn(person, [`от ${person}`])
  for (let start = 0; start < times; start += 1) {
    await stage.store.begin(turn)
    turn = await stage.afterLease(turn)
  }
  return turn
}

describe('a turn that was started several times without an end', () => {
  let stage: TurnStage
  beforeEach(async () => {
    stage = await TurnStage.set()
  })
  afterEach(() => stage.clear())

  test('fault 11: waits until all others have ended, and none is begun beside it', async () => {
    const suspect = await startedBefore(stage, ANNA, 2)
    const [before, after] = [await stage.turn(BORIS, ['б']), await stage.turn(CLARA, ['к'])]
    const go = Promise.withResolvers<void>()
    stage.send = async ({ to }) => {
      if (to === BORIS) await go.promise
    }
    const running = stage.handle(before)
    await stage.events.until('part.sending', 1)
    const lonely = stage.handle(suspect)
    await stage.events.until('turn.begun', 2)
    const waiting = stage.handle(after)
    assert.deepEqual(stage.asked.length, 1)
    go.resolve()
    await Promise.all([running, lonely, waiting])
    assert.deepEqual(
      stage.sent.map(({ to }) => to),
      [BORIS, ANNA, CLARA],
    )
  })

  test('fault 11: is one at a time: another is given back, with no start counted', async () => {
    const first = await startedBefore(stage, ANNA, 2)
    const second = await startedBefore(stage, BORIS, 2)
    const go = Promise.withResolvers<void>()
    stage.send = () => go.promise
    // Both are begun before either knows of the other.
    const both = [stage.handle(first), stage.handle(second)]
    await stage.events.until('turn.givenBack', 1)
    go.resolve()
    await Promise.all(both)
    assert.equal(stage.sent.length, 1)
    const [givenBack] = stage.events.all('turn.givenBack')
    const other = givenBack?.batchId === first.batchId ? first : second
    const again = await stage.again(other, 0)
    const begun = await stage.store.begin(again)
    assert.ok(begun.outcome === 'go')
    assert.equal(begun.starts, 3)
  })

  test('lets the others go on when it has failed', async () => {
    const suspect = await startedBefore(stage, ANNA, 2)
    stage.answer = async () => {
      throw new Error('not today')
    }
    await stage.handle(suspect)
    stage.answer = async ({ text }) => [{ text }]
    await stage.handle(await stage.turn(BORIS, ['б']))
    assert.deepEqual(stage.texts, ['б'])
  })
})
