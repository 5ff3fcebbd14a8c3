import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ANNA, BORIS, CLARA } from '../../test/conformance/store/scene.ts'
import { TurnStage } from '../../test/support/turn-stage.ts'
import { RapidFireError } from '../errors.ts'
import { Stopping } from './turn.ts'

const failed = (code: 'send_failed' | 'send_refused') =>
  new RapidFireError(code, 'the bridge said no')

describe('one try at a turn', () => {
  let stage: TurnStage
  beforeEach(async () => {
    stage = await TurnStage.set({ maxTries: 3, retryDelayMs: 2000 })
  })
  afterEach(() => stage.clear())

  test('sends each part once, in order, and settles as answered', async () => {
    stage.answer = async ({ text }) => [{ text }, { text: 'и ещё' }]
    const turn = await stage.turn(ANNA, ['Привет', 'можно'])
    await stage.handle(turn)
    assert.deepEqual(stage.sent, [
      { partId: `${turn.batchId}.0`, to: ANNA, content: { text: 'Привет можно' } },
      { partId: `${turn.batchId}.1`, to: ANNA, content: { text: 'и ещё' } },
    ])
    const view = await stage.store.batch(turn.batchId)
    assert.equal(view?.state, 'answered')
    const [answered] = stage.events.all('turn.answered')
    assert.deepEqual([answered?.size, answered?.parts], [2, 2])
  })

  test('a responder that fails is asked again after a backoff that grows, and given up in the end', async () => {
    stage.answer = async () => {
      throw new Error('no model today')
    }
    let turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    turn = await stage.again(turn)
    await stage.handle(turn)
    turn = await stage.again(turn)
    await stage.handle(turn)

    const waits = stage.events.all('turn.retrying').map(({ afterMs }) => afterMs)
    assert.equal(waits.length, 2)
    const [first = 0, second = 0] = waits
    assert.ok(first >= 1000 && first <= 2000, `${first} ms`)
    assert.ok(second >= 2000 && second <= 4000, `${second} ms`)
    assert.deepEqual(
      stage.events.all('turn.failed').map(({ reason }) => reason),
      ['responder_failed'],
    )
    assert.equal(stage.asked.length, 3)
    assert.deepEqual(stage.sent, [])
    const view = await stage.store.batch(turn.batchId)
    assert.deepEqual([view?.state, view?.reason], ['failed', 'responder_failed'])
  })

  test('a retry does not come before its time', async () => {
    stage.answer = async () => {
      throw new Error('not yet')
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    const [retrying] = stage.events.all('turn.retrying')
    stage.clock.advance((retrying?.afterMs ?? 0) - 1)
    assert.deepEqual(await stage.store.reclaim(turn.batchId), { outcome: 'early' })
    stage.clock.advance(1)
    assert.equal((await stage.store.reclaim(turn.batchId)).outcome, 'reclaimed')
  })

  test('a retry sends the parts that were not sent, never another text', async () => {
    stage.answer = async () => [{ text: 'раз' }, { text: 'два' }, { text: 'три' }]
    stage.send = async ({ content }) => {
      if ('text' in content && content.text === 'два') throw failed('send_failed')
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['раз'])

    stage.answer = async () => [{ text: 'совсем другое' }]
    stage.send = async () => {}
    const second = await stage.again(turn)
    await stage.handle(second)
    assert.deepEqual(stage.texts, ['раз', 'два', 'три'])
    assert.equal(stage.asked.length, 1, 'the answer is asked for once')
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'answered')
  })

  test('what the bridge refuses for good is failed at once', async () => {
    stage.send = async () => {
      throw failed('send_refused')
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    const view = await stage.store.batch(turn.batchId)
    assert.deepEqual([view?.state, view?.reason, view?.retries], ['failed', 'send_refused', 0])
    assert.deepEqual(stage.events.all('turn.retrying'), [])
  })

  test('a part that a dead worker was sending goes out under the same id, and the event says so', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    const dead = await stage.store.begin(turn)
    assert.ok(dead.outcome === 'go')
    await stage.store.record(
      turn.batchId,
      dead.epoch,
      { kind: 'draft', parts: [{ text: 'раз' }], heard: null },
      ANNA,
    )
    const start = { kind: 'start', index: 0, unlessNewer: false, mark: null } as const
    await stage.store.record(turn.batchId, dead.epoch, start, ANNA)

    const next = await stage.afterLease(turn)
    await stage.handle(next)
    assert.deepEqual(stage.sent, [
      { partId: `${turn.batchId}.0`, to: ANNA, content: { text: 'раз' } },
    ])
    assert.equal(stage.events.all('part.uncertain').length, 1)
    assert.equal(stage.asked.length, 0)
  })

  test('faults 15, 69: a worker that was frozen while it answered sends nothing', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    stage.answer = async () => {
      const next = await stage.afterLease(turn)
      assert.equal((await stage.store.begin(next)).outcome, 'go')
      return [{ text: 'слишком поздно' }]
    }
    await stage.handle(turn)
    assert.deepEqual(stage.sent, [])
    assert.equal(stage.events.all('turn.fenced').length, 1)
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'running')
  })

  test('fault 15: a worker that was frozen while it sent leaves the rest to the next', async () => {
    stage.answer = async () => [{ text: 'раз' }, { text: 'два' }]
    const turn = await stage.turn(ANNA, ['Привет'])
    let next = turn
    stage.send = async () => {
      stage.send = async () => {}
      next = await stage.afterLease(turn)
    }
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['раз'])
    assert.equal(stage.events.all('turn.fenced').length, 1)
    await stage.handle(next)
    assert.deepEqual(stage.texts, ['раз', 'раз', 'два'], 'the one part in flight may come twice')
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'answered')
  })

  test('fault 11: a turn that was started too often is poison: failed, and nobody is asked', async () => {
    let turn = await stage.turn(ANNA, ['Привет'])
    for (let start = 0; start < stage.maxStarts; start += 1) {
      assert.equal((await stage.store.begin(turn)).outcome, 'go')
      turn = await stage.afterLease(turn)
    }
    await stage.handle(turn)
    assert.equal(stage.asked.length, 0)
    assert.deepEqual(
      stage.events.all('turn.failed').map(({ reason }) => reason),
      ['poison'],
    )
    assert.equal((await stage.store.batch(turn.batchId))?.reason, 'poison')
  })

  test('fault 17: an older attempt, a second start and a settled turn are refused without a word', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    const begun = await stage.store.begin(turn)
    assert.ok(begun.outcome === 'go')
    await stage.handle(turn)
    const next = await stage.afterLease(turn)
    await stage.handle(turn)
    await stage.handle(next)
    await stage.handle(next)
    assert.deepEqual(
      stage.events.all('turn.refused').map(({ outcome }) => outcome),
      ['running', 'stale', 'gone'],
    )
    assert.deepEqual(stage.texts, ['Привет'])
  })

  test('a stop while the answer is made gives the turn back at once, and costs no try', async () => {
    const stopping = new AbortController()
    stage.answer = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        stopping.abort(new Stopping())
      })
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn, stopping.signal)
    assert.equal(stage.events.all('turn.givenBack').length, 1)

    stage.answer = async ({ text }) => [{ text }]
    const next = await stage.again(turn, 0)
    assert.equal(next.attempt, 2)
    await stage.handle(next)
    assert.deepEqual(stage.texts, ['Привет'])
    assert.equal((await stage.store.batch(turn.batchId))?.retries, 0)
  })

  test('a store that is away when a turn begins costs nothing: the worker waits for it', async () => {
    let refusals = 0
    stage.meet = (operation) => {
      if (operation !== 'begin' || refusals === 3) return
      refusals += 1
      throw new RapidFireError('store_away', 'no store here')
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.deepEqual([refusals, stage.texts], [3, ['Привет']])
  })

  test('a stop while the store is away ends the wait', async () => {
    const stopping = new AbortController()
    stage.meet = () => {
      stopping.abort(new Stopping())
      throw new RapidFireError('store_away', 'no store here')
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await assert.rejects(stage.handle(turn, stopping.signal), Stopping)
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'sealed')
  })

  test('a stop while a part is on the wire gives the turn back with that part uncertain', async () => {
    const stopping = new AbortController()
    stage.answer = async () => [{ text: 'раз' }, { text: 'два' }]
    stage.send = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(failed('send_failed')))
        stopping.abort(new Stopping())
      })
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn, stopping.signal)
    assert.deepEqual([stage.events.all('turn.givenBack').length, stage.texts], [1, []])
    stage.send = async () => {}
    await stage.handle(await stage.again(turn, 0))
    assert.deepEqual(stage.texts, ['раз', 'два'])
    assert.equal(stage.events.all('part.uncertain').length, 1)
    assert.equal((await stage.store.batch(turn.batchId))?.retries, 0)
  })

  test('a stop between two parts leaves the second to the next worker', async () => {
    const stopping = new AbortController()
    stage.answer = async () => [{ text: 'раз' }, { text: 'два' }]
    stage.send = async () => stopping.abort(new Stopping())
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn, stopping.signal)
    assert.deepEqual(stage.texts, ['раз'])
    await stage.handle(await stage.again(turn, 0))
    assert.deepEqual(stage.texts, ['раз', 'два'])
  })

  test('a responder that hears nothing is left alone when its time is up', async () => {
    await stage.clear()
    stage = await TurnStage.set({ responderTimeoutMs: 5 })
    stage.answer = () => new Promise(() => {})
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.deepEqual(
      stage.events.all('turn.retrying').map(({ code }) => code),
      ['responder_timeout'],
    )
  })

  test('an element that nobody can read costs only itself', async () => {
    const turn = await stage.turnOf(ANNA, ['}{', stage.element('Привет')])
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Привет'])
    assert.deepEqual(
      stage.events.all('message.unreadable').map(({ count }) => count),
      [1],
    )
    const { batches } = await stage.store.failed({ offset: 0, limit: 10 })
    assert.deepEqual(
      batches.map(({ reason, size }) => [reason, size]),
      [['unreadable', 1]],
    )
  })

  test('an element that nobody can read is kept once, however often its turn is tried', async () => {
    stage.send = async () => {
      throw failed('send_failed')
    }
    const turn = await stage.turnOf(ANNA, ['}{', '}{{', stage.element('Привет')])
    await stage.handle(turn)
    stage.send = async () => {}
    await stage.handle(await stage.again(turn))
    const { batches } = await stage.store.failed({ offset: 0, limit: 10 })
    assert.deepEqual(
      batches.map(({ reason, size }) => [reason, size]),
      [['unreadable', 2]],
    )
  })

  test('silence is an answer', async () => {
    stage.answer = async () => []
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.deepEqual(stage.sent, [])
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'answered')
  })

  test('an answer whose confirmation is lost on the way is sent once', async () => {
    for (const [conversation, lost] of [
      [ANNA, 'begin'],
      [BORIS, 'record'],
      [CLARA, 'settle'],
    ] as const) {
      const turn = await stage.turn(conversation, ['Привет'])
      stage.loseAnswers(lost, 1)
      if (lost === 'begin') {
        // It was begun, and by nobody who knows: the turn comes again when its lease is over.
        await stage.handle(turn)
        assert.deepEqual(
          stage.events.all('turn.refused').map(({ outcome }) => outcome),
          ['running'],
        )
        await stage.handle(await stage.afterLease(turn))
      } else await stage.handle(turn)
      assert.equal((await stage.store.batch(turn.batchId))?.state, 'answered', lost)
    }
    assert.deepEqual(
      stage.sent.map(({ to }) => to),
      [ANNA, BORIS, CLARA],
    )
    assert.equal(stage.events.all('turn.answered').length, 3)
  })
})
