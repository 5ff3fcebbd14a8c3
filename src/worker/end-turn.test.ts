import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ANNA, BORIS } from '../../test/conformance/store/scene.ts'
import { DEFAULT_TENANT, TurnStage } from '../../test/support/turn-stage.ts'
import type { TenantSettings } from '../config/settings.ts'
import { type ErrorCode, RapidFireError } from '../errors.ts'

const with_ = (more: Partial<TenantSettings>) => ({
  tenants: new Map([['default', { ...DEFAULT_TENANT, ...more }]]),
})
const failing =
  (code: ErrorCode, retryAfterMs: number | null = null) =>
  async () => {
    throw new RapidFireError(code, 'no', { retryAfterMs })
  }

describe('how a try ends that is no answer', () => {
  let stage: TurnStage
  const set = async (more: Parameters<typeof TurnStage.set>[0] = {}) => {
    stage = await TurnStage.set({ maxTries: 3, ...more })
  }
  afterEach(() => stage.clear())

  for (const code of ['responder_refused', 'budget_spent'] as const) {
    test(`${code} is failed at once: no repeat heals it`, async () => {
      await set()
      stage.answer = failing(code)
      const turn = await stage.turn(ANNA, ['Привет'])
      await stage.handle(turn)
      const view = await stage.store.batch(turn.batchId)
      assert.deepEqual([view?.state, view?.reason, view?.retries], ['failed', code, 0])
    })
  }

  for (const [asked, wanted] of [
    [10, 1000],
    [30_000, 30_000],
    [86_400_000, 900_000],
  ] as const) {
    test(`fault 70: a side that asks for ${asked} ms is tried again after ${wanted}`, async () => {
      await set()
      stage.answer = failing('responder_failed', asked)
      await stage.handle(await stage.turn(ANNA, ['Привет']))
      assert.deepEqual(
        stage.events.all('turn.retrying').map(({ afterMs }) => afterMs),
        [wanted],
      )
    })
  }

  test('the person is told something kind when it is given up, once and not before', async () => {
    await set(with_({ fallbackReply: 'Мы скоро ответим' }))
    stage.answer = failing('responder_failed')
    let turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    turn = await stage.again(turn)
    await stage.handle(turn)
    assert.deepEqual(stage.texts, [])
    turn = await stage.again(turn)
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Мы скоро ответим'])
    assert.equal(stage.sent[0]?.partId, `${turn.batchId}.sorry`)
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'failed')
  })

  test('a failed batch that is tried again says sorry again when it fails again', async () => {
    await set(with_({ fallbackReply: 'Простите' }))
    stage.answer = failing('responder_refused')
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    await stage.store.retry(turn.batchId)
    await stage.handle(await stage.again(turn, 0))
    assert.deepEqual(stage.texts, ['Простите', 'Простите'])
  })

  test('a sorry that cannot be sent keeps nothing from its end', async () => {
    await set(with_({ fallbackReply: 'Простите' }))
    stage.answer = failing('responder_refused')
    stage.send = failing('send_failed')
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.equal(stage.events.all('apology.failed').length, 1)
    assert.equal((await stage.store.batch(turn.batchId))?.reason, 'responder_refused')
  })

  test('nobody is told anything where a human has stepped in meanwhile', async () => {
    await set(with_({ fallbackReply: 'Простите' }))
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.answer = async () => {
      await stage.stepIn(ANNA)
      throw new RapidFireError('responder_refused', 'no')
    }
    await stage.handle(turn)
    assert.deepEqual(stage.texts, [])
    assert.equal(stage.events.all('turn.fenced').length, 1)
    assert.equal((await stage.store.batch(turn.batchId))?.reason, 'human')
  })

  test('fault 73: a bridge that is not there is waited for, costs no try, and nothing is in the air', async () => {
    await set({ ...with_({ onUncertain: 'skip' }), maxTries: 2 })
    stage.send = failing('send_away')
    let turn = await stage.turn(ANNA, ['Привет'])
    for (let n = 0; n < 10; n += 1) {
      await stage.handle(turn)
      turn = await stage.again(turn, 15_000)
    }
    const waits = stage.events.all('turn.retrying').map(({ afterMs }) => afterMs)
    assert.ok(
      waits.every((ms) => ms >= 5000 && ms <= 15_000),
      String(waits),
    )
    stage.send = async () => {}
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Привет'])
    assert.equal(stage.asked.length, 1)
    assert.deepEqual(stage.events.all('part.uncertain'), [])
  })

  test('fault 74: a token that is not accepted burns nothing: answers wait, and go on with the right one', async () => {
    await set({ ...with_({ onUncertain: 'skip', fallbackReply: 'Простите' }), maxTries: 2 })
    stage.send = failing('send_denied')
    const turns = [await stage.turn(ANNA, ['Привет']), await stage.turn(BORIS, ['Добрый день'])]
    for (let n = 0; n < 10; n += 1) {
      for (const turn of turns) await stage.handle(turn)
      stage.clock.advance(90_000)
      for (const [i, turn] of turns.entries()) turns[i] = await stage.again(turn, 0)
    }
    const retrying = stage.events.all('turn.retrying')
    assert.equal(retrying.length, 20)
    for (const { code, afterMs } of retrying) {
      assert.equal(code, 'send_denied')
      assert.ok(afterMs >= 30_000 && afterMs <= 90_000, `${afterMs} ms`)
    }
    stage.send = async () => {}
    for (const turn of turns) await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Привет', 'Добрый день'])
    assert.equal(stage.asked.length, 2)
    assert.deepEqual(stage.events.all('part.uncertain'), [])
    assert.deepEqual(stage.events.all('turn.failed'), [])
  })

  test('a backend that is not there is waited for until the messages are too old', async () => {
    await set({ maxTries: 2, maxMessageAgeS: 3600 })
    stage.answer = failing('responder_away')
    let turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.equal((await stage.store.batch(turn.batchId))?.retries, 0)
    stage.clock.advance(3600 * 1000)
    turn = await stage.again(turn, 0)
    await stage.handle(turn)
    turn = await stage.again(turn)
    await stage.handle(turn)
    assert.equal((await stage.store.batch(turn.batchId))?.reason, 'responder_away')
  })

  test('an answer that came by callback while another was asked for is sent, and nobody says sorry', async () => {
    await set({ ...with_({ fallbackReply: 'Простите' }), maxTries: 1 })
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.answer = async () => {
      await stage.store.answer(turn.batchId, [{ text: 'вот' }])
      throw new RapidFireError('responder_refused', 'no')
    }
    await stage.handle(turn)
    assert.deepEqual(stage.texts, [])
    await stage.handle(await stage.again(turn, 0))
    assert.deepEqual(stage.texts, ['вот'])
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'answered')
  })

  describe('within limits', () => {
    beforeEach(() => set({ ...with_({ turnsPerMinute: 1 }) }))

    test('a turn over the limit of its tenant waits, and costs no try', async () => {
      await stage.handle(await stage.turn(ANNA, ['Привет']))
      const second = await stage.turn(BORIS, ['Привет'])
      await stage.handle(second)
      const [postponed] = stage.events.all('turn.postponed')
      assert.equal(postponed?.limit, 'tenant')
      assert.ok(postponed && postponed.forMs > 0 && postponed.forMs <= 60_000)
      assert.equal(stage.asked.length, 1)
      const view = await stage.store.batch(second.batchId)
      assert.deepEqual([view?.state, view?.retries], ['waiting', 0])
      assert.deepEqual(await stage.store.reclaim(second.batchId), { outcome: 'early' })
    })
  })

  test('a turn that is put off by its tenant has used up nothing of the responder', async () => {
    await set({ ...with_({ turnsPerMinute: 1 }), responderCallsPerMinute: 3 })
    await stage.handle(await stage.turn(ANNA, ['раз']))
    const second = await stage.turn(BORIS, ['два'])
    await stage.handle(second)
    await stage.handle(await stage.again(second))
    await stage.handle(await stage.again(second))
    assert.deepEqual(
      stage.events.all('turn.postponed').map(({ limit }) => limit),
      ['tenant', 'tenant', 'tenant'],
    )
  })

  test('after five failures in a row the responder is left alone for half a minute', async () => {
    await set({ maxTries: 100 })
    stage.answer = failing('responder_failed')
    let turn = await stage.turn(ANNA, ['Привет'])
    for (let n = 0; n < 5; n += 1) {
      await stage.handle(turn)
      turn = await stage.again(turn)
    }
    assert.equal(stage.asked.length, 5)
    await stage.handle(turn)
    assert.equal(stage.asked.length, 5)
    const [postponed] = stage.events.all('turn.postponed')
    assert.deepEqual(postponed?.limit, 'failures')
    assert.ok(postponed && postponed.forMs > 29_000 && postponed.forMs <= 30_000)
  })
})
