/** What goes wrong between the service and its Redis, and heals without anybody's hand. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { MOST_LEFT, PAGE } from '../../src/batching/processor.ts'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { House, P, stopSharedRedis } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'

/** Says something until it is taken, as a bridge does; answers how long that took, ms. */
async function sayUntilTaken(house: House, text: string): Promise<number> {
  const startedAt = performance.now()
  while ((await house.say(text, { messageId: text })).status !== 200) {
    assert.ok(performance.now() - startedAt < 30_000, 'nothing is taken')
  }
  return performance.now() - startedAt
}

/** Time passes until it is answered: a handover that was cut off comes again after its lease. */
async function answered(house: House, text: string): Promise<void> {
  const startedAt = performance.now()
  while (!house.replies().includes(text)) {
    assert.ok(performance.now() - startedAt < 30_000, 'nothing is answered')
    await house.advance(5100)
  }
}

describe('what heals by itself', () => {
  after(stopSharedRedis)

  it('fault 36: a failover behind one address: the old primary is a replica now', async () => {
    const [one, two] = await Promise.all([RedisServer.start(), RedisServer.start()])
    await using proxy = await FaultyProxy.to(one.port)
    const [first, second] = [one.client(), two.client()]
    {
      await using house = await House.start({
        engine: 'redis',
        env: { REDIS_URL: proxy.url, SPOOL: 'off' },
      })
      await house.say('до')
      await answered(house, 'до')
      await second.replicaof('127.0.0.1', String(one.port))
      while (!/master_link_status:up/.test(await second.info('replication')));
      proxy.lead(two.port)
      await second.replicaof('NO', 'ONE')
      await first.replicaof('127.0.0.1', String(two.port))
      await sayUntilTaken(house, 'после')
      await answered(house, 'после')
      assert.ok(house.events.all('store.away').length <= 1)
    }
    for (const client of [first, second]) client.disconnect()
    await Promise.all([one.stop(), two.stop()])
  })

  it('fault 44: connections that went deaf without a word', async () => {
    const server = await RedisServer.start()
    await using proxy = await FaultyProxy.to(server.port)
    {
      await using house = await House.start({
        engine: 'redis',
        env: { REDIS_URL: proxy.url, SPOOL: 'off' },
      })
      await house.say('до')
      await answered(house, 'до')
      proxy.deafen()
      await sayUntilTaken(house, 'после')
      await answered(house, 'после')
      assert.equal(house.events.all('store.back').length, 1)
    }
    await server.stop()
  })

  it('fault 25: jobs that somebody deleted: the turns are handed over again', async () => {
    await using house = await House.start({ engine: 'redis', roles: ['api', 'processor'] })
    await house.say('Привет')
    await house.advance(10_100)
    await house.events.until('batch.handedOver')
    await house.redis.del(...(await house.redis.keys('bull:*')))
    await house.advance(30_100)
    await house.events.until('batch.handedOver', 2)
    assert.equal((await house.jobs()).length, 1)
  })

  it('a turn that waits for long is on the queue once', async () => {
    await using house = await House.start({ engine: 'redis', roles: ['api', 'processor'] })
    await house.say('Привет')
    await house.advance(10_100)
    await house.events.until('batch.handedOver')
    for (let hour = 0; hour < 24; hour += 1) {
      await house.advance(3_600_000)
      await house.events.until('batch.handedOver', hour + 2)
    }
    const jobs = await house.jobs()
    assert.ok(jobs.length <= 10, `${jobs.length} jobs for one turn after a day`)
  })

  it('fault 25: a store that was emptied is noticed', async () => {
    await using house = await House.start({ engine: 'redis' })
    await house.redis.flushdb()
    await house.gateway.store.ping()
    assert.deepEqual(
      house.events.all('store.changed').map(({ emptied }) => emptied),
      [true],
    )
    await house.gateway.store.ping()
    assert.equal(house.events.all('store.changed').length, 1)
  })

  it('fault 33: one damaged conversation hides no other from the operator, and delays none', async () => {
    await using house = await House.start({ engine: 'redis' })
    const other = '79007654321'
    await house.say('Привет')
    await house.post({ from: other, message: 'и я' })
    await house.redis.del(`rf:c:${P}`)
    await house.redis.set(`rf:c:${P}`, 'foreign')
    const { status, body } = await house.request(
      'GET',
      '/webhook/whatsapp/batched/stats',
      undefined,
      house.token,
    )
    assert.equal(status, 200)
    const { batches } = body.stats as { batches: { phone: string }[] }
    assert.deepEqual(
      batches.map(({ phone }) => phone),
      [other],
    )
    await house.advance(9500)
    await house.advance(600)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['и я'])
  })

  it('lists of the original are adopted past one that cannot be read', async () => {
    await using before = await House.start({ engine: 'redis', roles: ['api'] })
    const phones = Array.from({ length: 1000 }, (_, n) => String(79_000_000_000 + n))
    const pipeline = before.redis.pipeline()
    for (const phone of phones) {
      pipeline.rpush(`rapid-fire:${phone}`, JSON.stringify({ message: phone }))
      pipeline.expire(`rapid-fire:${phone}`, 60)
    }
    pipeline.set(`rf:c:${phones[500]}`, 'foreign')
    await pipeline.exec()
    await using house = await House.start({ engine: 'redis', beside: before, roles: ['processor'] })
    await house.events.until('internal.error')
    const ttls = before.redis.pipeline()
    for (const phone of phones) ttls.ttl(`rapid-fire:${phone}`)
    const mortal = ((await ttls.exec()) ?? []).filter(([, ttl]) => Number(ttl) >= 0)
    assert.equal(mortal.length, 1)
  })

  it('a TTL that the original gives a list of ours goes with the next message, or at the seal', async () => {
    await using house = await House.start({ engine: 'redis' })
    for (const text of ['раз', 'два']) {
      await house.say(text)
      await house.redis.rpush(`rapid-fire:${P}`, JSON.stringify({ message: `${text} (мимо)` }))
      await house.redis.expire(`rapid-fire:${P}`, 60)
    }
    await house.say('три')
    assert.equal(await house.redis.ttl(`rapid-fire:${P}`), -1)
    await house.redis.expire(`rapid-fire:${P}`, 60)
    await house.advance(10_100)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['раз раз (мимо) два два (мимо) три'])
  })
})

for (const engine of ['sqlite', 'redis'] as const) {
  describe(`${engine}: another DEFAULT_COMPANY_ID`, () => {
    after(stopSharedRedis)

    it('fault 78: is refused while something is kept, since a key without a tenant would mean others', async () => {
      await using house = await House.start({ engine, env: { DEFAULT_COMPANY_ID: 'one' } })
      await house.say('для одного')
      if (engine === 'sqlite') await house.gateway.stop()
      const other = { engine, beside: house, env: { DEFAULT_COMPANY_ID: 'two' } }
      await assert.rejects(House.start(other), { code: 'store_other_tenant' })
    })

    it('is taken when nothing is', async () => {
      await using house = await House.start({ engine, env: { DEFAULT_COMPANY_ID: 'one' } })
      if (engine === 'sqlite') await house.gateway.stop()
      const other = { engine, beside: house, env: { DEFAULT_COMPANY_ID: 'two' } }
      await using next = await House.start(other)
      assert.equal((await next.say('для другого')).status, 200)
    })
  })
}

describe('a processor', () => {
  after(stopSharedRedis)

  it('batches that are not due yet fill no page for ever: it looks behind them, and rests', async () => {
    await using before = await House.start({
      engine: 'redis',
      roles: ['api'],
      env: { DEFAULT_TTL: '3600', BATCH_TIMEOUT: '600000' },
    })
    const early = MOST_LEFT + 2 * PAGE
    const messages = Array.from({ length: early }, (_, n) => ({
      from: String(79_000_000_000 + n),
      body: 'x',
    }))
    for (const some of [messages.slice(0, MOST_LEFT), messages.slice(MOST_LEFT)]) {
      await before.post({ messages: some })
    }
    await using house = await House.start({
      engine: 'redis',
      beside: before,
      roles: ['processor'],
      env: { CHECK_INTERVAL: '60000' },
    })
    const looks = MOST_LEFT / PAGE + 1
    await house.events.until('processor.looked', looks)
    for (let i = 0; i < 200; i += 1) await house.redis.ping()
    assert.ok(house.events.all('processor.looked').length <= looks + 1)
  })
})
