import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Scene } from './scene.ts'

const ONE = { MAX_BATCH_SIZE: '1' }

describe('a collector that does not take spans', () => {
  it('costs nobody an answer: a line when it begins, one when it ends', async () => {
    await using scene = await Scene.start({ store: 'sqlite', env: ONE })
    const { collector, ends, api } = scene
    await collector.down()
    await scene.say('while it is away')
    await ends.sent(2)
    const [away] = await api.until('traces.away')
    assert.equal(away?.level, 'warn')
    assert.match(String(away?.error), /ECONNREFUSED/)
    assert.equal(away?.place, `${collector.url}/v1/traces`)
    await scene.say('still away')
    await ends.sent(4)
    await collector.up()
    await scene.say('it is back')
    await ends.sent(6)
    await api.until('traces.back')
    await collector.until(() => collector.named('turn')[0])
    assert.equal(api.all('traces.away').length, 1)
    assert.equal(api.all('traces.back').length, 1)
    assert.equal(api.all('internal.error').length, 0)
  })

  it('since the key is wrong: says so, and not at each delivery', async () => {
    await using scene = await Scene.start({ store: 'sqlite', env: ONE })
    const { collector, api } = scene
    collector.mode = 'refuses'
    for (const deliveries of [1, 2, 3]) {
      await scene.say('hello')
      await collector.until(() => collector.deliveries >= deliveries)
    }
    collector.mode = 'takes'
    await scene.say('hello')
    await api.until('traces.back')
    const [away, ...more] = api.all('traces.away')
    assert.match(String(away?.error), /401/)
    assert.deepEqual(more, [])
  })

  it('and hangs: a stop waits two seconds for it, not ten', async () => {
    await using scene = await Scene.start({ store: 'sqlite', env: ONE })
    const { collector, ends, api } = scene
    collector.mode = 'hangs'
    await scene.say('hello')
    await ends.sent(2)
    await collector.until(() => collector.deliveries > 0)
    await scene.say('and this waits for a delivery')
    await ends.sent(4)
    const tookMs = await api.stop()
    assert.ok(tookMs < 5000, `${tookMs} ms`)
  })
})

describe('at a stop', () => {
  it('the last spans are delivered', async () => {
    await using scene = await Scene.start({ store: 'sqlite', env: ONE })
    const { collector, ends, api } = scene
    await scene.say('hello')
    await ends.sent(2)
    await api.stop()
    assert.equal(collector.named('turn').length, 1)
  })
})
