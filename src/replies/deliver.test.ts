import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { ANNA } from '../../test/conformance/store/scene.ts'
import { DEFAULT_TENANT, TurnStage } from '../../test/support/turn-stage.ts'
import { RapidFireError } from '../errors.ts'
import { Stopping } from '../worker/turn.ts'
import { ownIdHash, textHash } from './marks.ts'

describe('delivery', () => {
  let stage: TurnStage
  afterEach(() => stage.clear())

  test('pauses between bubbles as a person does', async () => {
    stage = await TurnStage.set({ pauseMinMs: 120, pauseMaxMs: 130 })
    stage.answer = async () => [{ text: '1' }, { text: '2' }, { text: '3' }]
    const at: number[] = []
    stage.send = async () => {
      at.push(performance.now())
    }
    await stage.handle(await stage.turn(ANNA, ['Привет']))
    const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0))
    // Timers are never early by more than a millisecond.
    assert.ok(
      pauses.every((ms) => ms >= 118),
      String(pauses),
    )
    assert.equal(pauses.length, 2)
  })

  test('a stop does not wait for the next bubble; the next worker sends it', async () => {
    stage = await TurnStage.set({ pauseMinMs: 60_000, pauseMaxMs: 60_000 })
    stage.answer = async () => [{ text: '1' }, { text: '2' }]
    const stopping = new AbortController()
    stage.send = async () => {
      setImmediate(() => stopping.abort(new Stopping()))
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn, stopping.signal)
    assert.deepEqual(stage.texts, ['1'])
    await stage.handle(await stage.again(turn, 0))
    assert.deepEqual(stage.texts, ['1', '2'])
  })

  test('a part that was in the air is skipped where it shall not come twice', async () => {
    const tenant = { ...DEFAULT_TENANT, onUncertain: 'skip' as const }
    stage = await TurnStage.set({ tenants: new Map([['default', tenant]]) })
    stage.answer = async () => [{ text: '1' }, { text: '2' }]
    const turn = await stage.turn(ANNA, ['Привет'])
    const dead = await stage.store.begin(turn)
    assert.ok(dead.outcome === 'go')
    const record = (step: Parameters<typeof stage.store.record>[2]) =>
      stage.store.record(turn.batchId, dead.epoch, step, ANNA)
    await record({ kind: 'draft', parts: [{ text: '1' }, { text: '2' }], heard: null })
    await record({ kind: 'start', index: 0, unlessNewer: false, mark: null })

    await stage.handle(await stage.afterLease(turn))
    assert.deepEqual(stage.texts, ['2'])
    assert.equal(stage.events.all('part.uncertain').length, 1)
    assert.equal(stage.events.all('part.skipped').length, 1)
    const view = await stage.store.batch(turn.batchId)
    assert.deepEqual(view?.parts[0], { state: 'skipped' })
  })

  test('what a stop finds started and not sent is sent by the next worker, where nothing shall come twice', async () => {
    const tenant = { ...DEFAULT_TENANT, onUncertain: 'skip' as const }
    stage = await TurnStage.set({ tenants: new Map([['default', tenant]]) })
    stage.answer = async () => [{ text: '1' }]
    const stopping = new AbortController()
    // The draft is on its way to the store, and with it the start of its first part.
    stage.meet = (operation) => {
      if (operation === 'record') stopping.abort(new Stopping())
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn, stopping.signal)
    assert.deepEqual(stage.texts, [])
    await stage.handle(await stage.again(turn, 0))
    assert.deepEqual(stage.texts, ['1'])
    assert.equal(stage.events.all('part.uncertain').length, 0)
  })

  test('an end that the store refuses leaves the last part known as sent', async () => {
    stage = await TurnStage.set()
    stage.answer = async () => [{ text: '1' }]
    let refuses = true
    stage.meet = (operation) => {
      if (operation === 'settle' && refuses) {
        throw new RapidFireError('store_damaged', 'a key is of another type')
      }
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await assert.rejects(stage.handle(turn), { code: 'store_damaged' })
    refuses = false
    await stage.handle(await stage.afterLease(turn))
    assert.deepEqual(stage.texts, ['1'])
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'answered')
  })

  test('what is sent is known as ours before it is sent, by its text, and after by its id', async () => {
    stage = await TurnStage.set()
    const known: boolean[] = []
    stage.answer = async () => [{ text: 'Здравствуйте,  Анна' }]
    stage.send = async () => {
      known.push(await stage.isOurs(ANNA, textHash('Здравствуйте, Анна\n')))
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    known.push(await stage.isOurs(ANNA, ownIdHash(`id-${turn.batchId}.0`)))
    known.push(await stage.isOurs(ANNA, ownIdHash('another')))
    assert.deepEqual(known, [true, true, false])
  })

  test('typing is shown while the answer is made, and its failure is no matter', async () => {
    stage = await TurnStage.set()
    const shown: string[] = []
    Object.assign(stage.sender, {
      typing: async ({ to }: { to: string }) => {
        shown.push(to)
        throw new Error('no such thing here')
      },
    })
    await stage.handle(await stage.turn(ANNA, ['Привет']))
    assert.deepEqual(shown, [ANNA])
    assert.deepEqual(stage.texts, ['Привет'])
  })
})
