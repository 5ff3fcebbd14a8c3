/** Acceptance: a Redis that is gone for a while, or stands still. They wait side by side. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { House, P, stopSharedRedis } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'

const WITHIN_MS = 5000

describe('acceptance: outages of Redis', { concurrency: true }, () => {
  after(stopSharedRedis)

  for (const seconds of [1, 3, 60]) {
    it(`case 10 (redis): Redis is away for ${seconds} s, and within 5 s of its return all goes on`, async () => {
      await using ends = new AsyncDisposableStack()
      const server = await RedisServer.start(['--appendonly', 'yes'])
      ends.defer(() => server.stop())
      const env = { REDIS_URL: server.url, SPOOL: 'off' }
      await using house = await House.start({ engine: 'redis', env })
      await house.say('ждёт')
      await server.down()
      house.clock.advance(10_100)
      // How long it is away is the case itself.
      await wait(seconds * 1000)
      await server.up()
      const backAt = performance.now()
      const taken = async (): Promise<boolean> => {
        const { status, body } = await house.post({ from: '79007654321', message: 'новое' })
        return status === 200 && body.addedCount === 1
      }
      while (!(await taken())) assert.ok(performance.now() - backAt < WITHIN_MS, 'nothing is taken')
      await house.events.until('turn.answered')
      assert.ok(performance.now() - backAt < WITHIN_MS, 'what waited was flushed too late')
      assert.deepEqual(house.replies(P), ['ждёт'])
      await house.advance(10_100)
      await house.events.until('turn.answered', 2)
      assert.deepEqual(house.replies(), ['ждёт', 'новое'])
    })
  }

  for (const [spool, words] of [
    ['off', 'without a spool'],
    ['onFailure', 'with the spool'],
  ] as const) {
    it(`case 37 (redis): writes stand still for 6 s, ${words}: every key has its owner, every 200 one answer`, async () => {
      await using ends = new AsyncDisposableStack()
      const server = await RedisServer.start()
      ends.defer(() => server.stop())
      const client = server.client()
      ends.defer(() => client.disconnect())
      const env = { REDIS_URL: server.url, SPOOL: spool }
      await using house = await House.start({ engine: 'redis', env })
      const people = Array.from({ length: 20 }, (_, n) => String(79_000_000_000 + n))
      const say = (from: string) => house.post({ from, message: `от ${from}`, messageId: 'one' })
      await client.client('PAUSE', 6000, 'WRITE')
      const during = await Promise.all(people.map(say))
      for (const { status, headers } of during) {
        const isPromised = status === 200 || Number(headers.get('retry-after')) > 0
        assert.ok(isPromised, String(status))
      }
      if (spool === 'onFailure') {
        for (const { status, body } of during) assert.deepEqual([status, body.spooled], [200, 1])
      }
      // It is answered when the stall is over.
      await client.set('written', 'now')
      if (spool === 'onFailure') await house.events.until('spool.drained')
      for (const list of await client.keys('rapid-fire:*')) {
        const conversation = list.slice('rapid-fire:'.length)
        const batchId = await client.hget(`rf:c:${conversation}`, 'id')
        const due = await client.zscore('rf:open', `${conversation}|${batchId}`)
        assert.notEqual(due, null, `${list} has no owner`)
      }
      for (const from of people) while ((await say(from)).status !== 200);
      await house.advance(10_100)
      await house.events.until('turn.answered', 20)
      await house.looked()
      assert.deepEqual(
        house.replies().sort(),
        people.map((from) => `от ${from}`),
      )
    })
  }
})
