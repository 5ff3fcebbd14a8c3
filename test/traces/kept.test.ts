import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Scene } from './scene.ts'

const CALL = 'POST /webhook/whatsapp/batched'

describe('the trace of a batch is kept', () => {
  it('while Redis is away and its messages lie in the spool', async () => {
    await using scene = await Scene.start({ store: 'redis' })
    const { redis, collector, ends, api } = scene
    await redis?.down()
    const [first] = await Promise.all([scene.say('one'), api.until('spool.filling')])
    assert.equal(first.spooled, 1)
    await scene.sayAll('two', 'three', 'four')
    await redis?.up()
    await api.until('spool.drained')
    await scene.say('five')
    await ends.sent(2)
    const turn = await collector.until(() => collector.named('turn')[0])
    const calls = await collector.until(() => {
      const found = collector.named(CALL)
      return found.length === 5 && found
    })
    calls.sort((a, b) => a.startMs - b.startMs)
    assert.equal(turn.traceId, calls[0]?.traceId)
    assert.deepEqual(
      turn.links.map(({ spanId }) => spanId),
      calls.map(({ spanId }) => spanId),
    )
  })

  it('when a message comes twice: it is linked once', async () => {
    await using scene = await Scene.start({ store: 'sqlite', env: { MAX_BATCH_SIZE: '2' } })
    const { collector, ends } = scene
    await scene.sayAs('a', 'one')
    await scene.sayAs('a', 'one')
    await scene.sayAs('b', 'two')
    await ends.sent(2)
    const turn = await collector.until(() => collector.named('turn')[0])
    const calls = await collector.until(() => {
      const found = collector.named(CALL)
      return found.length === 3 && found
    })
    calls.sort((a, b) => a.startMs - b.startMs)
    assert.deepEqual(
      turn.links.map(({ spanId }) => spanId),
      [calls[0]?.spanId, calls[2]?.spanId],
    )
  })

  it('over a try that failed', async () => {
    const env = { MAX_BATCH_SIZE: '1', QUEUE_RETRY_DELAY: '10' }
    await using scene = await Scene.start({ store: 'sqlite', env })
    const { collector, ends } = scene
    ends.troubles.push(500)
    await scene.say('hello')
    await ends.sent(2)
    const turns = await collector.until(() => {
      const found = collector.named('turn')
      return found.length === 2 && found
    })
    turns.sort((a, b) => a.startMs - b.startMs)
    const [failed, answered] = turns
    assert.equal(failed?.traceId, answered?.traceId)
    assert.deepEqual(
      turns.map(({ attributes }) => attributes['rapid_fire.turn.outcome']),
      ['retry', 'answered'],
    )
    assert.equal(failed?.attributes['error.type'], 'responder_failed')
    assert.match(failed?.error ?? '', /answered 500/)
    assert.equal(answered?.error, null)
    const [asked] = collector.named('ask responder').sort((a, b) => a.startMs - b.startMs)
    assert.equal(asked?.attributes['error.type'], 'responder_failed')
  })

  it('when its worker dies and another one answers', async () => {
    const env = { MAX_BATCH_SIZE: '1', WORKER_LEASE: '1000', CHECK_INTERVAL: '250' }
    await using scene = await Scene.start({ store: 'redis', env })
    const { collector, ends, worker } = scene
    ends.troubles.push(0)
    ends.onAsk = () => worker.kill()
    await scene.say('hello')
    await worker.exit
    ends.onAsk = () => {}
    await scene.another('worker')
    await ends.sent(2)
    const turn = await collector.until(() => collector.named('turn')[0])
    const [call] = collector.named(CALL)
    assert.equal(turn.traceId, call?.traceId)
    assert.equal(Number(turn.attributes['rapid_fire.turn.epoch']) > 1, true)
  })
})
