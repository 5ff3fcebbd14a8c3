import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DEFAULT_TENANT, TurnStage } from '../../test/support/turn-stage.ts'
import { RapidFireError } from '../errors.ts'
import type { ConversationKey } from '../message.ts'

const tenants = new Map(['a', 'b'].map((id) => [id, { ...DEFAULT_TENANT, id }]))
const ANNA_OF_A = 'a:79001234567' as ConversationKey
const BORIS_OF_B = 'b:79007654321' as ConversationKey

describe('a responder that fails for one tenant', () => {
  let stage: TurnStage
  beforeEach(async () => {
    stage = await TurnStage.set({ maxTries: 100, tenants })
  })
  afterEach(() => stage.clear())
  const waits = () => stage.events.all('turn.postponed').map(({ limit }) => limit)

  for (const code of ['responder_failed', 'responder_away', 'responder_timeout'] as const) {
    test(`with ${code} is spared by it, and asked for another at once`, async () => {
      stage.answer = async ({ conversation, text }) => {
        if (conversation.tenant === 'b') return text
        throw new RapidFireError(code, 'no')
      }
      let turn = await stage.turn(ANNA_OF_A, ['Привет'])
      for (let tries = 0; tries < 5; tries += 1) {
        await stage.handle(turn)
        turn = await stage.again(turn)
      }
      await stage.handle(turn)
      assert.equal(stage.asked.length, 5)
      assert.deepEqual(waits(), ['failures'])
      await stage.handle(await stage.turn(BORIS_OF_B, ['Добрый день']))
      assert.deepEqual(stage.texts, ['Добрый день'])
      assert.deepEqual(waits(), ['failures'])
    })
  }
})

/** However much time the responder may still have. */
test('nothing is kept of a question that was answered', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const stage = await TurnStage.set({ responderTimeoutMs: 600_000, tenants })
  try {
    const signals: WeakRef<AbortSignal>[] = []
    stage.answer = async ({ text }, signal) => {
      signals.push(new WeakRef(signal))
      return text
    }
    await stage.handle(await stage.turn(BORIS_OF_B, ['Привет']))
    await new Promise(setImmediate)
    collect()
    assert.deepEqual(
      signals.map((signal) => signal.deref()),
      [undefined],
    )
  } finally {
    await stage.clear()
  }
})
