import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ANNA } from '../../test/conformance/store/scene.ts'
import { TurnStage } from '../../test/support/turn-stage.ts'
import { RapidFireError } from '../errors.ts'

/** Short, so that renewals come soon; the store's own lease is on the test's clock. */
const LEASE_MS = 90

const away = () => {
  throw new RapidFireError('store_away', 'no store here')
}

describe('the lease of a turn', () => {
  let stage: TurnStage
  beforeEach(async () => {
    stage = await TurnStage.set({ leaseMs: LEASE_MS })
  })
  afterEach(() => stage.clear())

  test('fault 66: is renewed for as long as the answer takes', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    const renewed = Promise.withResolvers<void>()
    let renewals = 0
    stage.meet = (operation) => {
      if (operation === 'record') renewals += 1
      if (renewals === 4) renewed.resolve()
    }
    stage.answer = async ({ text }) => {
      await renewed.promise
      return [{ text }]
    }
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Привет'])
    assert.deepEqual(stage.events.all('turn.fenced'), [])
  })

  test('is lost when another worker has the turn, and the answer in the making is aborted', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.answer = async (_, signal) => {
      const lost = new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      await stage.store.begin(await stage.afterLease(turn))
      await lost
      return []
    }
    await stage.handle(turn)
    assert.equal(stage.events.all('turn.fenced').length, 1)
    assert.deepEqual(stage.sent, [])
  })

  test('is lost when the store is away for longer than it lasts: nothing more is sent', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.answer = async () => [{ text: 'раз' }, { text: 'два' }]
    stage.send = async () => {
      stage.meet = away
    }
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['раз'])
    assert.equal(stage.events.all('turn.fenced').length, 1)
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'running')
  })

  test('outlasts a moment without the store: no try is spent', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    let refusals = 0
    stage.send = async () => {
      stage.meet = () => {
        if (refusals === 1) return
        refusals += 1
        away()
      }
    }
    await stage.handle(turn)
    assert.equal(refusals, 1)
    const view = await stage.store.batch(turn.batchId)
    assert.deepEqual([view?.state, view?.retries], ['answered', 0])
    assert.deepEqual(stage.texts, ['Привет'])
  })

  test('fault 16: of a turn that was frozen before its part was recorded is not trusted', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.meet = (operation) => {
      // Frozen as by SIGSTOP: no timer and no promise of this process goes on meanwhile.
      if (operation !== 'record') return
      const until = performance.now() + LEASE_MS + 1
      while (performance.now() < until);
    }
    await stage.handle(turn)
    assert.deepEqual(stage.sent, [])
    assert.equal(stage.events.all('turn.fenced').length, 1)
  })
})
