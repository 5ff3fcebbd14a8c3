import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { EventLog } from '../../test/support/event-log.ts'
import { TurnStage } from '../../test/support/turn-stage.ts'
import type { ConversationKey } from '../message.ts'
import { Events } from '../observability/events/events.ts'
import { MemoryQueue } from '../queue/memory.ts'
import { Deadline } from '../service.ts'
import { Worker } from './worker.ts'

const CONCURRENCY = 4
const person = (n: number) => `7900123${String(n).padStart(4, '0')}` as ConversationKey

describe('the worker', () => {
  let stage: TurnStage
  let queue: MemoryQueue
  let queueLog: EventLog
  let worker: Worker

  beforeEach(async () => {
    stage = await TurnStage.set()
    const events = new Events()
    queueLog = new EventLog(events)
    queue = new MemoryQueue(events)
    worker = new Worker({ ...stage.deps, queue, concurrency: CONCURRENCY })
  })
  afterEach(async () => {
    await worker.stop(new Deadline(0))
    await stage.clear()
  })

  async function handOver(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const turn = await stage.turn(person(n), ['Привет'])
      await queue.add([{ ...turn, priority: 1, data: {} }])
    }
  }

  test('answers as many at a time as it may, and all of them', async () => {
    let now = 0
    let most = 0
    stage.send = async () => {
      now += 1
      most = Math.max(most, now)
      await stage.events.until('part.sending', CONCURRENCY)
      now -= 1
    }
    await handOver(20)
    await worker.start()
    await stage.events.until('turn.answered', 20)
    assert.equal(most, CONCURRENCY)
    assert.equal(new Set(stage.sent.map(({ to }) => to)).size, 20)
  })

  test('a turn that goes wrong takes no other with it', async () => {
    stage.meet = (operation) => {
      if (operation === 'begin' && stage.calls.length === 1) throw new Error('a bug')
    }
    await worker.start()
    await handOver(6)
    await stage.events.until('turn.answered', 5)
    assert.deepEqual(
      stage.events.all('internal.error').map(({ error }) => error),
      ['a bug'],
    )
    assert.deepEqual(queueLog.all('queue.error'), [])
  })

  test('a stop lets what is being answered end, and takes nothing more', async () => {
    const go = Promise.withResolvers<void>()
    stage.send = () => go.promise
    await worker.start()
    await handOver(10)
    await stage.events.until('part.sending', CONCURRENCY)
    assert.equal(worker.held, CONCURRENCY)
    const stopped = worker.stop(new Deadline(9000))
    go.resolve()
    await stopped
    assert.equal(worker.held, 0)
    assert.equal(stage.sent.length, CONCURRENCY)
    assert.equal(stage.events.all('turn.answered').length, CONCURRENCY)
    assert.deepEqual(stage.events.all('turn.givenBack'), [])
  })

  test('a stop gives back what does not end in time, each for another worker at once', async () => {
    stage.answer = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    await worker.start()
    await handOver(10)
    await stage.events.until('turn.begun', CONCURRENCY)
    await worker.stop(new Deadline(1600))
    assert.equal(worker.held, 0)
    const givenBack = stage.events.all('turn.givenBack').map(({ batchId }) => batchId)
    assert.equal(givenBack.length, CONCURRENCY)
    const { turns } = await stage.store.due({ limit: 100, soonMs: 0 })
    assert.deepEqual(new Set(turns), new Set(givenBack))
    assert.deepEqual(stage.sent, [])
  })

  test('a responder that ignores the stop is left behind', async () => {
    stage.answer = () => new Promise(() => {})
    await worker.start()
    await handOver(1)
    await stage.events.until('turn.begun', 1)
    await worker.stop(new Deadline(1600))
    assert.equal(stage.events.all('turn.givenBack').length, 1)
  })
})
