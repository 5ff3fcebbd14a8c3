/**
 * A real Redis whose wall clock is set while the service works on it, as an operator or a virtual
 * machine does: what waits is answered in time, once. Where no C compiler is, nothing is caused and
 * the test says so; the same steps on the hook of the stores are in `clock-steps.test.ts`.
 */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { House, P, stopSharedRedis } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'
import { WrongClock } from './clock-shim/wrong-clock.ts'

const HOUR = 3_600_000
const AGE_S = 5
const GRACE_MS = 2000

describe('a Redis whose clock is set while batches are open', () => {
  after(stopSharedRedis)

  it('fault 56: an hour on, an hour back, and a second again: each is answered in time, once', async (t) => {
    const compiled = WrongClock.compile()
    if (typeof compiled === 'string') {
      t.diagnostic(`not run: ${compiled} is missing`)
      return
    }
    using clock = compiled
    const server = await RedisServer.start([], clock.env)
    try {
      await using house = await House.start({
        engine: 'redis',
        realTime: true,
        env: { REDIS_URL: server.url, BATCH_TIMEOUT: '400', DEFAULT_TTL: String(AGE_S) },
      })
      const said: string[] = []
      for (const wrongByMs of [HOUR, 0, -HOUR, -HOUR - 1000]) {
        for (const when of ['до', 'после']) {
          const text = `${when} ${wrongByMs}`
          said.push(text)
          if (when === 'после') clock.set(wrongByMs)
          assert.equal((await house.say(text, { messageId: text })).status, 200)
        }
        const saidAtMs = performance.now()
        while (
          !house
            .replies()
            .join(' ')
            .includes(said.at(-1) ?? '')
        ) {
          await house.looked()
          const openMs = performance.now() - saidAtMs
          assert.ok(openMs < AGE_S * 1000 + GRACE_MS, `${said.at(-1)}: open for ${openMs} ms`)
        }
      }
      assert.deepEqual(house.replies(P).join(' '), said.join(' '))
      const client = server.client()
      const [seconds] = await client.time()
      client.disconnect()
      assert.ok(Number(seconds) < Date.now() / 1000 - 3000, 'its clock was wrong')
    } finally {
      await server.stop()
    }
  })
})
