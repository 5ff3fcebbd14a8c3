/**
 * Redis goes away under the whole service and comes back: callers are told in time, nobody restarts
 * anything, every connection is used again within seconds, and what was accepted is answered once.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { House } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'
import { ANSWER_MS, BACK_MS } from './redis-stage.ts'

const KEEPING = ['--appendonly', 'yes', '--appendfsync', 'everysec']
/** The silence after which a batch is answered, ms. */
const SILENCE_MS = 400

class Scene implements AsyncDisposable {
  readonly server: RedisServer
  readonly proxy: FaultyProxy
  readonly house: House
  /** What was answered 2xx. */
  readonly taken: string[] = []
  #count = 0

  private constructor(server: RedisServer, proxy: FaultyProxy, house: House) {
    this.server = server
    this.proxy = proxy
    this.house = house
  }

  static async start(args: readonly string[] = KEEPING, env = {}): Promise<Scene> {
    const server = await RedisServer.start(args)
    const proxy = await FaultyProxy.to(server.port)
    const house = await House.start({
      engine: 'redis',
      realTime: true,
      env: {
        REDIS_URL: proxy.url,
        SPOOL: 'off',
        BATCH_TIMEOUT: String(SILENCE_MS),
        // Only a wake-up has the processor look before this is over.
        CHECK_INTERVAL: '60000',
        HANDOVER_LEASE: '1000',
        // So that the limits hold a connection too.
        TENANT_RATE: '10000',
        ...env,
      },
    })
    return new Scene(server, proxy, house)
  }

  /** A message of somebody new; null when it was taken, else the answer. In time either way. */
  async say(): Promise<number> {
    const from = String(79_000_000_000 + this.#count)
    const text = `m${this.#count}`
    this.#count += 1
    const startedAt = performance.now()
    const { status, headers } = await this.house.post({ from, message: text, messageId: text })
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs <= ANSWER_MS, `an answer took ${Math.round(tookMs)} ms`)
    if (status === 200) this.taken.push(text)
    else {
      assert.equal(status, 503)
      assert.match(headers.get('retry-after') ?? '', /^\d+$/)
    }
    return status
  }

  /** People write until this is over; answers how many were refused. */
  async sayFor(ms: number): Promise<number> {
    const startedAt = performance.now()
    let refused = 0
    while (performance.now() - startedAt < ms) if ((await this.say()) !== 200) refused += 1
    return refused
  }

  /** Within 5 s somebody is heard again, and within a further 5 s all that was taken is answered. */
  async isBack(): Promise<void> {
    const startedAt = performance.now()
    while ((await this.say()) !== 200);
    assert.ok(performance.now() - startedAt <= BACK_MS, 'it takes too long until one is heard')
    const [last] = this.taken.slice(-1)
    await this.house.events.until('reply.printed', 1, ({ part }) => part.text === last)
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs <= 2 * BACK_MS, `the answer took ${Math.round(tookMs)} ms`)
  }

  /** Each that was taken, once. Those that were refused may have been kept all the same. */
  async isAnsweredOnce(): Promise<void> {
    for (const text of this.taken) {
      await this.house.events.until('reply.printed', 1, ({ part }) => part.text === text)
    }
    const counts = new Map<string, number>()
    for (const text of this.house.replies()) counts.set(text, (counts.get(text) ?? 0) + 1)
    assert.deepEqual(
      [...counts].filter(([, count]) => count !== 1),
      [],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.house[Symbol.asyncDispose]()
    await this.proxy[Symbol.asyncDispose]()
    await this.server.stop()
  }
}

describe('Redis goes away and comes back', { concurrency: 3 }, () => {
  for (const awayMs of [1000, 3000]) {
    it(`case 10: killed, and there again after ${awayMs / 1000} s (fault 22)`, async () => {
      await using scene = await Scene.start()
      await scene.isBack()
      await scene.server.down()
      assert.ok((await scene.sayFor(awayMs)) > 0)
      await scene.server.up()
      await scene.isBack()
      await scene.isAnsweredOnce()
      assert.equal(scene.house.events.all('store.away').length, 1)
      await scene.house.events.until('store.back')
      // The limits are asked again as well.
      const missing = scene.house.events.all('rate.missing').length
      await scene.isBack()
      assert.equal(scene.house.events.all('rate.missing').length, missing)
    })
  }

  it('fault 22: killed while it takes messages: each that got 200 is answered, once', async () => {
    await using scene = await Scene.start()
    for (let round = 0; round < 3; round += 1) {
      let isDown = false
      const saying = (async () => {
        while (!isDown) await scene.say()
      })()
      await scene.house.events.until('message.accepted', scene.taken.length + 20)
      await scene.server.down()
      isDown = true
      await saying
      await scene.server.up()
      await scene.isBack()
    }
    await scene.isAnsweredOnce()
  })

  it('fault 23: killed without persistence: the start has said so, and so does the return', async () => {
    await using scene = await Scene.start([])
    const said = scene.house.events.all('start.warning').map(({ sentence }) => sentence)
    assert.match(said.join(), /writes nothing to its disk .*a restart loses all that was accepted/)
    await scene.say()
    await scene.server.down()
    await scene.server.up()
    scene.taken.length = 0
    await scene.isBack()
    const [changed] = await scene.house.events.until('store.changed')
    assert.equal(changed?.emptied, true)
    await scene.isAnsweredOnce()
  })

  it('fault 20: frozen for 6 s: callers are told in time, and all goes on', async () => {
    await using scene = await Scene.start()
    await scene.isBack()
    process.kill(scene.server.pid, 'SIGSTOP')
    assert.ok((await scene.sayFor(6000)) > 0)
    process.kill(scene.server.pid, 'SIGCONT')
    await scene.isBack()
    await scene.isAnsweredOnce()
  })

  it('case 37: CLIENT PAUSE 6000 WRITE during intake: no list without an owner, each 200 answered once', async () => {
    await using scene = await Scene.start()
    await scene.isBack()
    const client = scene.server.client()
    await client.call('CLIENT', 'PAUSE', '6000', 'WRITE')
    assert.ok((await scene.sayFor(6000)) > 0)
    await scene.isBack()
    await scene.isAnsweredOnce()
    // What was refused and kept all the same has its deadline as well, and is answered.
    while ((await client.zcard('rf:open')) + (await client.zcard('rf:turns')) > 0);
    assert.deepEqual(await client.keys('rapid-fire:*'), [])
    client.disconnect()
  })

  it('case 9 (SPOOL=off): full, it answers 503 with Retry-After; then there is one job, however often it is sent', async () => {
    await using scene = await Scene.start()
    const client = scene.server.client()
    await client.config('SET', 'maxmemory', '1')
    const send = () => scene.house.post({ from: '79001234567', message: 'Привет', messageId: 'A1' })
    for (let i = 0; i < 3; i += 1) {
      const { status, headers } = await send()
      assert.deepEqual([status, headers.has('retry-after')], [503, true])
    }
    await client.config('SET', 'maxmemory', '0')
    const added = []
    for (let i = 0; i < 3; i += 1) added.push((await send()).body.addedCount)
    assert.deepEqual(added, [1, 0, 0])
    await scene.house.events.until('turn.answered')
    assert.deepEqual(scene.house.replies(), ['Привет'])
    client.disconnect()
  })

  it('fault 47: a way that comes and goes 10 times: no storm, no leak, nothing lost', async () => {
    await using scene = await Scene.start()
    await scene.isBack()
    const { open: normal, opened: before } = scene.proxy
    for (let flap = 0; flap < 10; flap += 1) {
      await scene.proxy.down()
      while ((await scene.say()) === 200);
      await scene.proxy.up()
      while ((await scene.say()) !== 200);
    }
    await scene.isBack()
    await scene.isAnsweredOnce()
    assert.ok(scene.proxy.open <= 2 * normal, `${scene.proxy.open} of ${normal} connections`)
    const opened = scene.proxy.opened - before
    assert.ok(opened <= 2 * 10 * normal, `${opened} connections for 10 flaps of ${normal}`)
  })

  it('fault 48: its name leads to another server: that is told, and all goes on there', async () => {
    await using other = await RedisServer.start(KEEPING)
    await using scene = await Scene.start()
    const client = other.client()
    await client.set('rf:store', 'another default')
    await scene.isBack()
    scene.proxy.lead(other.port)
    scene.proxy.reset()
    const [changed] = await scene.house.events.until('store.changed')
    assert.equal(changed?.emptied, false)
    assert.equal(scene.house.gateway.store.identity().id, 'another')
    await scene.isBack()
    client.disconnect()
  })

  it('fault 25: emptied while all is connected: each process notices within a beat, and goes on', async () => {
    await using scene = await Scene.start()
    await scene.isBack()
    await using beside = await House.start({
      engine: 'redis',
      realTime: true,
      roles: ['api'],
      env: { REDIS_URL: scene.proxy.url, BATCH_TIMEOUT: String(SILENCE_MS), TENANT_RATE: '10000' },
    })
    const client = scene.server.client()
    await client.flushall()
    client.disconnect()
    for (const { events } of [scene.house, beside]) {
      const [changed] = await events.until('store.changed')
      assert.equal(changed?.emptied, true)
    }
    assert.equal(scene.house.gateway.store.identity().id, beside.gateway.store.identity().id)
    await scene.isBack()
    await scene.isAnsweredOnce()
  })
})
