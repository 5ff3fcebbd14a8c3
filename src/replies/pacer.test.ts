import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { ANNA } from '../../test/conformance/store/scene.ts'
import { DEFAULT_TENANT, TurnStage } from '../../test/support/turn-stage.ts'
import { RapidFireError } from '../errors.ts'
import { MAX_BACKOFF_MS } from '../worker/backoff.ts'

const LIMITS = { maxTextLength: 4096, conversation: null, perMinute: null, perDay: null }
const PARTS = ['1', '2', '3', '4', '5'].map((text) => ({ text }))

describe('the pace of an account', () => {
  let stage: TurnStage
  afterEach(() => stage.clear())

  const set = async (limits: object, tenant: object = {}): Promise<void> => {
    const own = { ...DEFAULT_TENANT, ...tenant }
    stage = await TurnStage.set({ maxParts: 9, tenants: new Map([['default', own]]) })
    Object.assign(stage.sender, { limits: { ...LIMITS, ...limits } })
    stage.answer = async () => PARTS
  }

  it('fault 73: puts a turn off that would be too many a minute, and it goes on where it was', async () => {
    await set({ perMinute: 3 })
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['1', '2', '3'])
    const [postponed] = stage.events.all('turn.postponed')
    assert.equal(postponed?.limit, 'pace')
    assert.ok((postponed?.forMs ?? 0) > 10_000)
    const view = await stage.store.batch(turn.batchId)
    assert.equal(view?.state, 'waiting')
    assert.equal(view?.retries, 0)
  })

  it('puts a turn off until the next day when the day is spent', async () => {
    await set({}, { sendPerDay: 2 })
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['1', '2'])
    const [postponed] = stage.events.all('turn.postponed')
    // It looks again before that: further away would be a clock that jumped, and due at once.
    assert.ok((postponed?.forMs ?? 0) >= MAX_BACKOFF_MS * 0.8)
    assert.ok((postponed?.forMs ?? 0) <= MAX_BACKOFF_MS)
    assert.equal(await stage.store.spend('send:played:default', 0), 2)
    await stage.handle(await stage.again(turn, 86_400_000))
    assert.deepEqual(stage.texts, ['1', '2', '3', '4'])
    assert.equal((await stage.store.batch(turn.batchId))?.retries, 0)
  })

  it('counts nothing where the draft could not be stored', async () => {
    await set({}, { sendPerDay: 2 })
    stage.meet = (operation) => {
      if (operation === 'record') throw new RapidFireError('store_damaged', 'of another type')
    }
    await stage.handle(await stage.turn(ANNA, ['Привет']))
    assert.deepEqual(stage.texts, [])
    assert.equal(await stage.store.spend('send:played:default', 0), 0)
  })

  it('counts what was sent, not the tries while nobody is there to take it', async () => {
    await set({}, { sendPerMinute: 2, sendPerDay: 2 })
    stage.answer = async () => [{ text: '1' }]
    let turn = await stage.turn(ANNA, ['Привет'])
    stage.send = async () => {
      throw new RapidFireError('send_away', 'nobody is there')
    }
    for (let tries = 0; tries < 5; tries += 1) {
      await stage.handle(turn)
      turn = await stage.again(turn, 15_000)
    }
    assert.equal(stage.events.all('turn.postponed').length, 0)
    assert.equal(await stage.store.spend('send:played:default', 0), 0)
    stage.send = async () => {}
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['1'])
    assert.equal(await stage.store.spend('send:played:default', 0), 1)
  })

  it('lets one person have so many at once, then one at a time', async () => {
    await set({ conversation: { burst: 2, everyMs: 60_000 } })
    await stage.handle(await stage.turn(ANNA, ['Привет']))
    assert.deepEqual(stage.texts, ['1', '2'])
    assert.equal(stage.events.all('turn.postponed')[0]?.limit, 'pace')
  })

  it('waits where the wait is short', async () => {
    await set({ conversation: { burst: 2, everyMs: 50 } })
    await stage.handle(await stage.turn(ANNA, ['Привет']))
    assert.deepEqual(stage.texts, ['1', '2', '3', '4', '5'])
    assert.equal(stage.events.all('turn.postponed').length, 0)
  })
})
