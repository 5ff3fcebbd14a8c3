import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FarSpan } from './collector.ts'
import { PERSON, Scene, signed } from './scene.ts'

const BURST = ['hello', 'may I', 'have my hair', 'cut', 'tomorrow?']
const CANARY = 'c4nary-of-a-person'

/** The turn that the worker answered, once all of it has been delivered. */
async function answered(scene: Scene): Promise<FarSpan> {
  await scene.ends.sent(2)
  const { collector } = scene
  const turn = await collector.until(() => collector.named('turn')[0])
  await collector.until(() => collector.named('collect batch')[0])
  return turn
}

const namesIn = (scene: Scene, traceId: string): string[] => [
  ...new Set(
    scene.collector.spans.filter((span) => span.traceId === traceId).map(({ name }) => name),
  ),
]

for (const store of ['redis', 'sqlite'] as const) {
  describe(`traces on ${store}`, () => {
    it('are one from the first message to the reply, with a link to each of five messages', async () => {
      await using scene = await Scene.start({ store })
      await scene.sayAll(...BURST.slice(0, 4), CANARY)
      const turn = await answered(scene)
      const { collector, ends } = scene
      const calls = await collector.until(() => {
        const found = collector.named('POST /webhook/whatsapp/batched')
        return found.length === 5 && found
      })
      calls.sort((a, b) => a.startMs - b.startMs)
      const [first] = calls
      assert.equal(turn.traceId, first?.traceId)
      assert.deepEqual(
        turn.links.map(({ spanId }) => spanId),
        calls.map(({ spanId }) => spanId),
      )
      assert.equal(turn.attributes['messaging.batch.message_count'], 5)
      const names = namesIn(scene, turn.traceId)
      const ours = ['collect batch', 'hand over turn', 'turn', 'begin turn', 'ask responder']
      for (const name of [...ours, 'send part', 'settle turn'])
        assert.ok(names.includes(name), name)
      if (store === 'redis') {
        const inTrace = collector.spans.filter(({ traceId }) => traceId === turn.traceId)
        const services = new Set(inTrace.map(({ service }) => service))
        assert.deepEqual([...services].sort(), [
          'rapid-fire-api',
          'rapid-fire-processor',
          'rapid-fire-worker',
        ])
        const process = collector.named('process rapid-fire-messages')[0]
        assert.equal(turn.parentId, process?.spanId)
        assert.equal(process?.parentId, collector.named('hand over turn')[0]?.spanId)
      }
      const outside = [...ends.of('ask'), ...ends.of('send')]
      assert.equal(outside.length, 3)
      for (const { traceparent } of outside) assert.equal(traceparent?.split('-')[1], turn.traceId)
      const asked = collector.named('ask responder')[0]
      assert.equal(ends.of('ask')[0]?.traceparent?.split('-')[2], asked?.spanId)
      assert.ok(!collector.raw.includes(CANARY))
      // BullMQ looks for jobs all the time: that is nobody's trace.
      const known = new Set(calls.map(({ traceId }) => traceId))
      assert.deepEqual(
        collector.spans.filter(({ traceId }) => !known.has(traceId)),
        [],
      )
    })
  })
}

describe('a caller’s trace', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

  it('goes on where the call is signed', async () => {
    await using scene = await Scene.start({ store: 'sqlite', env: { MAX_BATCH_SIZE: '1' } })
    await scene.say('hello', { traceparent })
    const turn = await answered(scene)
    assert.equal(turn.traceId, '0af7651916cd43dd8448eb211c80319c')
    const [call] = scene.collector.named('POST /webhook/whatsapp/batched')
    assert.equal(call?.parentId, 'b7ad6b7169203331')
  })

  it('is not that of anybody who knows the static key', async () => {
    const key = 'key-that-many-know-0123'
    const env = { MAX_BATCH_SIZE: '1', WEBHOOK_API_KEY: key }
    await using scene = await Scene.start({ store: 'sqlite', env })
    const body = JSON.stringify({ from: PERSON, message: 'hello' })
    await scene.post(body, { 'x-api-key': key, traceparent })
    const turn = await answered(scene)
    assert.notEqual(turn.traceId, '0af7651916cd43dd8448eb211c80319c')
  })

  it('begins nothing where the signature is wrong', async () => {
    await using scene = await Scene.start({ store: 'sqlite', env: { MAX_BATCH_SIZE: '1' } })
    const body = JSON.stringify({ from: PERSON, message: 'hello' })
    const wrong = await scene.post(body, { ...signed(`${body} `), traceparent })
    assert.equal(wrong.status, 401)
    await scene.say('hello')
    await answered(scene)
    assert.equal(scene.collector.named('POST /webhook/whatsapp/batched').length, 1)
  })
})
