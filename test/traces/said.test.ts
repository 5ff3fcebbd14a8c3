import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PERSON, Scene } from './scene.ts'

const ONE = { MAX_BATCH_SIZE: '1' }

async function answerOne(
  env: Readonly<Record<string, string>>,
  store: 'sqlite' | 'redis' = 'sqlite',
) {
  await using scene = await Scene.start({ store, env: { ...ONE, ...env } })
  scene.ends.troubles.push(...(env.QUEUE_RETRY_DELAY ? [500] : []))
  await scene.say('hello')
  await scene.ends.sent(2)
  // The last spans are delivered before each process ends.
  await Promise.all(scene.processes.map((one) => one.stop()))
  const { collector, ends } = scene
  return { collector, ends }
}

describe('what spans say of a person', () => {
  for (const phones of ['masked', 'hashed'] as const) {
    it(`is no number with LOG_PHONES=${phones}`, async () => {
      const env = { LOG_PHONES: phones, QUEUE_RETRY_DELAY: '10' }
      const { collector } = await answerOne(env, 'redis')
      assert.ok(!collector.raw.includes(PERSON))
      const [turn] = collector.named('turn')
      const said = String(turn?.attributes['messaging.message.conversation_id'])
      assert.match(said, phones === 'masked' ? /^\*\*\*4567$/ : /^[0-9a-f]{16}$/)
    })
  }

  it('is the number where logs have it', async () => {
    const { collector } = await answerOne({})
    const [turn] = collector.named('turn')
    assert.equal(turn?.attributes['messaging.message.conversation_id'], PERSON)
  })
})

describe('what a person wrote', () => {
  it('is in no span and in no line of the log, at trace as well', async () => {
    const env = { ...ONE, LOG_LEVEL: 'trace' }
    await using scene = await Scene.start({ store: 'sqlite', env })
    await scene.say('c4nary-of-a-person')
    await scene.ends.sent(2)
    const [asked] = scene.ends.of('ask')
    await scene.api.stop()
    assert.match(JSON.stringify(asked?.body), /c4nary/)
    assert.equal(scene.api.all('turn.begun').length, 1)
    assert.doesNotMatch(JSON.stringify(scene.api.lines), /c4nary/)
    assert.doesNotMatch(scene.collector.raw, /c4nary/)
  })
})

describe('settings of traces', () => {
  it('are those that other services have', async () => {
    const { collector } = await answerOne({
      OTEL_SERVICE_NAME: 'salon-bot',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=production,team=a%20b',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=abc%3D, x-other=1',
    })
    assert.equal(collector.path, '/v1/traces')
    assert.equal(collector.headers['x-team'], 'abc=')
    assert.equal(collector.headers['x-other'], '1')
    assert.ok(collector.named('turn').every(({ service }) => service === 'salon-bot'))
    assert.match(collector.raw, /"a b"/)
  })

  it('with always_off keep nothing, and tell that to those who are called', async () => {
    const { collector, ends } = await answerOne({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' })
    assert.deepEqual(collector.spans, [])
    assert.equal(ends.calls.length, 3)
    for (const { traceparent } of ends.calls) assert.match(traceparent ?? '', /-00$/)
  })

  it('with a ceiling keep whole traces, and no more of them', async () => {
    const env = { MAX_BATCH_SIZE: '1', TRACES_PER_SECOND: '1' }
    await using scene = await Scene.start({ store: 'sqlite', env })
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    await Promise.all(ids.map((id) => scene.sayAs(id, 'hello')))
    await scene.ends.sent(2 * ids.length)
    await scene.api.stop()
    const traceOf = ({ traceId }: { traceId: string }): string => traceId
    const turns = scene.collector.named('turn').map(traceOf).sort()
    assert.ok(turns.length >= 1 && turns.length < ids.length, `${turns.length} were kept`)
    assert.deepEqual(
      scene.collector.named('POST /webhook/whatsapp/batched').map(traceOf).sort(),
      turns,
    )
    const told = scene.ends.calls.filter(({ traceparent }) => traceparent?.endsWith('-01'))
    const asked = scene.collector.named('ask responder')
    const sent = scene.collector.named('send part')
    assert.equal(told.length, asked.length + sent.length)
    assert.deepEqual(asked.map(traceOf).sort(), turns)
  })

  it('with an address of their own send there alone', async () => {
    await using scene = await Scene.start({ store: 'sqlite', isTraced: false, env: ONE })
    await scene.api.stop()
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${scene.collector.url}/otlp/here` }
    const other = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
    const again = await scene.again({ ...own, ...other })
    await scene.say('hello')
    await scene.ends.sent(2)
    await again.stop()
    assert.equal(scene.collector.path, '/otlp/here')
    assert.equal(scene.collector.named('turn').length, 1)
  })
})
