/** What every RateLimit does, wherever it counts; and what Redis adds. */
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it, mock } from 'node:test'
import type { Redis } from 'ioredis'
import { Expiry } from '../../../test/support/expiry.ts'
import { RedisServer } from '../../../test/support/redis-server.ts'
import { callOptions } from '../../batching/redis/connection.ts'
import { RATE_PREFIX } from '../../batching/redis/keys.ts'
import { openClient } from '../../redis-client.ts'
import { Deadline, type Service } from '../../service.ts'
import { MemoryRateLimit } from './memory-rate-limit.ts'
import type { RateLimit } from './rate-limit.ts'
import { RedisRateLimit } from './redis-rate-limit.ts'

const MINUTE = 60_000
const HEALED_MS = 5000

interface Engine {
  readonly name: string
  /** Empty. */
  make(): Promise<RateLimit & Service>
  /** The time that it counts by goes on. */
  pass(ms: number): Promise<void>
  clear(): Promise<void>
}

const memory: Engine = {
  name: 'in memory',
  make: async () => {
    mock.timers.enable({ apis: ['Date', 'setTimeout'] })
    return new MemoryRateLimit()
  },
  pass: async (ms) => mock.timers.tick(ms),
  clear: async () => mock.timers.reset(),
}

let server: RedisServer
let client: Redis
let expiry: Expiry
before(async () => {
  server = await RedisServer.start()
  client = server.client()
  expiry = new Expiry(client)
})
after(async () => {
  client.disconnect()
  await server.stop()
})

function redisLimit(aways: unknown[] = [], more = {}): RedisRateLimit {
  return new RedisRateLimit({
    client: openClient({ url: server.url }, callOptions(more)),
    prefix: RATE_PREFIX,
    onAway: (error) => aways.push(error),
  })
}

const redis: Engine = {
  name: 'in Redis',
  make: async () => {
    await client.flushall()
    const limit = redisLimit()
    await limit.start()
    return limit
  },
  pass: (ms) => expiry.pass(ms),
  clear: async () => {},
}

for (const engine of [memory, redis]) {
  describe(`so many a minute, counted ${engine.name}`, () => {
    let limit: RateLimit & Service
    const takes = async (times: number, key = 'a', perMinute = 3): Promise<number[]> => {
      const waits: number[] = []
      for (let i = 0; i < times; i += 1) waits.push(await limit.take(key, perMinute))
      return waits
    }
    const isWait = (ms: number): boolean => Number.isInteger(ms) && ms > 0 && ms <= MINUTE
    const start = async (): Promise<void> => {
      limit = await engine.make()
    }
    afterEach(async () => {
      await limit.stop(new Deadline(1000))
      await engine.clear()
    })

    it('go on, and the next is told how long to wait', async () => {
      await start()
      const [first, second, third, fourth] = await takes(4)
      assert.deepEqual([first, second, third], [0, 0, 0])
      assert.ok(isWait(fourth ?? 0), `${fourth}`)
    })
    it('go on again a minute after the first, however often it was asked meanwhile', async () => {
      await start()
      await takes(3)
      await engine.pass(MINUTE / 2)
      assert.ok((await takes(20)).every((ms) => ms > 0))
      await engine.pass(MINUTE / 2)
      const waits = await takes(4)
      assert.deepEqual(waits.slice(0, 3), [0, 0, 0])
      assert.ok(isWait(waits[3] ?? 0))
    })
    it('are given back where they were not needed', async () => {
      await start()
      await takes(3)
      await limit.giveBack('a', 3)
      const [again = 1, over = 0] = await takes(2)
      assert.equal(again, 0)
      assert.ok(over > 0)
    })

    it('are counted for each key apart', async () => {
      await start()
      assert.ok(isWait((await takes(4, 'tenant:a')).at(-1) ?? 0))
      assert.deepEqual(await takes(3, 'tenant:b'), [0, 0, 0])
      assert.deepEqual(await takes(1, 'tenant:a:b', 1), [0])
    })
    it('go on when all ask at once, and no more', async () => {
      await start()
      const waits = await Promise.all(Array.from({ length: 50 }, () => limit.take('a', 7)))
      assert.equal(waits.filter((ms) => ms === 0).length, 7)
      assert.ok(waits.every((ms) => ms === 0 || isWait(ms)))
    })
    it('may be stopped twice, and before it was started', async () => {
      await start()
      await limit.stop(new Deadline(1000))
      const fresh: Service = engine === redis ? redisLimit() : new MemoryRateLimit()
      await fresh.stop(new Deadline(1000))
    })
  })
}

describe('limits in Redis', () => {
  it('are shared by all workers', async () => {
    await client.flushall()
    const [one, two] = [redisLimit(), redisLimit()]
    await Promise.all([one.start(), two.start()])
    assert.equal(await one.take('a', 2), 0)
    assert.equal(await two.take('a', 2), 0)
    assert.ok((await one.take('a', 2)) > 0)
    assert.ok((await two.take('a', 2)) > 0)
    await Promise.all([one, two].map((limit) => limit.stop()))
  })

  it('leave nothing behind that does not expire', async () => {
    await client.flushall()
    const limit = redisLimit()
    await limit.start()
    for (const perMinute of [1, 2]) await limit.take('a', perMinute)
    const keys = await client.keys('*')
    assert.deepEqual(keys.sort(), ['rf:rate:1:a', 'rf:rate:2:a'])
    for (const key of keys) {
      const left = await client.pttl(key)
      assert.ok(left > 0 && left <= MINUTE, `${key}: ${left}`)
    }
    await limit.stop()
  })

  it('need these rights of the Redis user, and no others', async () => {
    await client.flushall()
    await client.script('FLUSH')
    const limit = redisLimit()
    await limit.start()
    await client.config('RESETSTAT')
    for (let i = 0; i < 3; i += 1) await limit.take('a', 2)
    const sent = [...(await client.info('commandstats')).matchAll(/^cmdstat_([^:]+):/gm)]
    const ours = sent.map(([, name = '']) => name).filter((name) => !/^(config|info)/.test(name))
    // And `expire`, for a count that lost its end.
    assert.deepEqual(ours.sort(), ['eval', 'evalsha', 'incrby', 'pttl', 'set'])
    await client.persist('rf:rate:2:a')
    await limit.take('a', 2)
    assert.match(await client.info('commandstats'), /cmdstat_expire:/)
    await limit.stop()
  })

  it('stop nobody while Redis is away, which is told once each time, and hold again when it is back', async () => {
    const aways: unknown[] = []
    const limit = redisLimit(aways)
    await limit.start()
    for (const outage of [1, 2]) {
      await server.down()
      for (let i = 0; i < 5; i += 1) assert.equal(await limit.take('a', 1), 0)
      assert.equal(aways.length, outage)
      await server.up()
      const deadline = new Deadline(HEALED_MS)
      while ((await limit.take('a', 1)) === 0) {
        assert.ok(deadline.remainingMs() > 0, 'there is no limit any more')
        await client.ping()
      }
    }
    assert.equal(aways.length, 2)
    await limit.stop()
  })

  it('stop nobody when Redis does not answer, nor their own end', async () => {
    await client.flushall()
    const aways: unknown[] = []
    const limit = redisLimit(aways, { commandTimeout: 250 })
    await limit.start()
    await limit.take('a', 1)
    try {
      for (const outage of [1, 2]) {
        assert.ok((await limit.take('a', 1)) > 0)
        process.kill(server.pid, 'SIGSTOP')
        assert.deepEqual([await limit.take('a', 1), await limit.take('a', 1)], [0, 0])
        assert.equal(aways.length, outage)
        if (outage === 2) await limit.stop()
        process.kill(server.pid, 'SIGCONT')
        await client.ping()
      }
    } finally {
      process.kill(server.pid, 'SIGCONT')
    }
  })

  it('stop nobody when the count is no number', async () => {
    const aways: unknown[] = []
    const limit = redisLimit(aways)
    await limit.start()
    await client.lpush('rf:rate:1:broken', 'x')
    assert.equal(await limit.take('broken', 1), 0)
    assert.equal(await limit.take('fine', 1), 0)
    assert.ok((await limit.take('fine', 1)) > 0)
    assert.equal(aways.length, 1)
    await limit.stop()
  })
})
