import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { ANNA } from '../../test/conformance/store/scene.ts'
import { DEFAULT_TENANT, TurnStage } from '../../test/support/turn-stage.ts'
import type { TenantSettings } from '../config/settings.ts'

const tenants = (more: Partial<TenantSettings>) => ({
  tenants: new Map([['default', { ...DEFAULT_TENANT, ...more }]]),
})

describe('a message that comes while the answer is made', () => {
  let stage: TurnStage
  afterEach(() => stage.clear())

  test('is the next turn in `collect`', async () => {
    stage = await TurnStage.set(tenants({ whileAnswering: 'collect' }))
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.answer = async ({ text }) => {
      await stage.write(ANNA, ['и ещё'])
      return [{ text }]
    }
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Привет'])
    assert.deepEqual((await stage.store.conversation(ANNA)).payloads.length, 1)
  })

  test('takes an answer back that was not sent in `interrupt`, and is answered with it', async () => {
    stage = await TurnStage.set(tenants({ whileAnswering: 'interrupt' }))
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.answer = async ({ text }) => {
      if (stage.asked.length === 1) await stage.write(ANNA, ['и ещё'])
      return [{ text }]
    }
    await stage.handle(turn)
    assert.deepEqual(stage.texts, [])
    assert.equal(stage.events.all('turn.interrupted').length, 1)
    await stage.handle(await stage.seal(ANNA))
    assert.deepEqual(stage.texts, ['Привет и ещё'])
  })

  test('aborts the call that is under way', async () => {
    stage = await TurnStage.set({ ...tenants({ whileAnswering: 'interrupt' }), leaseMs: 90 })
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.answer = async (_, signal) => {
      await stage.write(ANNA, ['и ещё'])
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      return []
    }
    await stage.handle(turn)
    assert.equal(stage.events.all('turn.interrupted').length, 1)
    assert.equal((await stage.store.conversation(ANNA)).payloads.length, 2)
  })

  test('interrupts no more often than it may; then the answer is sent', async () => {
    stage = await TurnStage.set(tenants({ whileAnswering: 'interrupt', maxInterrupts: 2 }))
    let turn = await stage.turn(ANNA, ['раз'])
    stage.answer = async ({ text }) => {
      await stage.write(ANNA, [`ещё ${stage.asked.length}`])
      return [{ text }]
    }
    for (let n = 0; n < 2; n += 1) {
      await stage.handle(turn)
      turn = await stage.seal(ANNA)
    }
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['раз ещё 1 ещё 2'])
    assert.equal((await stage.store.conversation(ANNA)).payloads.length, 1)
  })

  test('takes nothing back where the turn is full already, as it would not be answered with it', async () => {
    stage = await TurnStage.set(tenants({ whileAnswering: 'interrupt', maxSize: 2 }))
    stage.answer = async ({ text }) => {
      await stage.write(ANNA, ['и ещё'])
      return [{ text }]
    }
    await stage.handle(await stage.turn(ANNA, ['Привет', 'можно']))
    assert.deepEqual(stage.texts, ['Привет можно'])
    assert.equal(stage.asked.length, 1)
  })

  test('never takes an answer back of which a part went out', async () => {
    stage = await TurnStage.set(tenants({ whileAnswering: 'interrupt' }))
    stage.answer = async () => [{ text: 'раз' }, { text: 'два' }]
    stage.send = async () => {
      await stage.write(ANNA, ['и ещё'])
    }
    await stage.handle(await stage.turn(ANNA, ['Привет']))
    assert.deepEqual(stage.texts, ['раз', 'два'])
  })

  test('a reaction takes nothing back', async () => {
    stage = await TurnStage.set(tenants({ whileAnswering: 'interrupt' }))
    stage.answer = async ({ text }) => {
      await stage.write(ANNA, ['👍'], true)
      return [{ text }]
    }
    await stage.handle(await stage.turn(ANNA, ['Привет']))
    assert.deepEqual(stage.texts, ['Привет'])
  })
})
