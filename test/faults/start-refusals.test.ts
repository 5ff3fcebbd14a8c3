/**
 * Starts that Redis gives a reason to refuse, seen from outside: exit code 1, one sentence with the
 * fact and the way out, no secret in it, no hang, and nothing changed on the server.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { FakeRedis } from '../support/fake-redis.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'
import {
  assertRefused,
  type Env,
  Place,
  Running,
  refused,
  SECRET,
  start,
} from '../support/refused-start.ts'
import { contents, SeededRedis } from '../support/seeded-redis.ts'

const CONCURRENT = { concurrency: 8 }
const keyOf = ({ database, key }: { database: number; key: string }): string => `${database} ${key}`
const CORRECT = /: start it, or correct REDIS_URL\n$/

describe('a start where no Redis answers', CONCURRENT, () => {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const listen = async (server: Server): Promise<string> => {
    servers.push(server.listen(0, '127.0.0.1'))
    server.on('connection', (socket) => sockets.add(socket))
    await once(server, 'listening')
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  after(() => {
    for (const socket of sockets) socket.destroy()
    for (const server of servers) server.close()
  })
  const at = (host: string): Env => ({ REDIS_URL: `redis://anna:${SECRET}@${host}` })

  for (const url of [
    `anna:${SECRET}@127.0.0.1`,
    `http://anna:${SECRET}@127.0.0.1:6379`,
    `redis://anna:${SECRET}@127.0.0.1:six`,
    `redis://anna:${SECRET}@127.0.0.1:6379/first`,
    'redis://',
  ]) {
    it(`says what REDIS_URL has to be instead of ${url.replace(SECRET, '…')}`, () =>
      refused({ REDIS_URL: url }, /^✗ REDIS_URL: redis:\/\/\[user.*for example redis:\/\/127/))
  }

  it('says that nothing listens', async () => {
    const port = await freePort()
    await refused(at(`127.0.0.1:${port}`), `redis 127.0.0.1:${port}/0 `, 'ECONNREFUSED', CORRECT)
  })

  it('fault 48: says that the host is not known', () =>
    refused(
      at('redis.invalid:6379'),
      'redis redis.invalid:6379/0 ',
      /ENOTFOUND|EAI_AGAIN/,
      CORRECT,
    ))

  it('fault 48: says that a web server is no Redis', async () => {
    const place = await listen(createHttpServer((_, response) => response.end('hello')))
    await refused(at(place), `redis ${place}/0 `, 'what answers there is no Redis', CORRECT)
  })

  it('does not wait for ever for a server that says nothing', async () => {
    const place = await listen(createServer(() => undefined))
    await refused(at(place), `redis ${place}/0 `, '(no answer)', CORRECT)
  })

  it('does not try for ever with a server that hangs up', async () => {
    const place = await listen(createServer((socket) => socket.end()))
    await refused(at(place), `redis ${place}/0 `, CORRECT)
  })

  it('says that TLS is not spoken there', async () => {
    await using redis = await SeededRedis.start()
    await redis.unchangedBy(() =>
      refused({ REDIS_URL: redis.server.url.replace('redis:', 'rediss:') }, CORRECT),
    )
  })
})

describe('a start that Redis does not let in', CONCURRENT, () => {
  const OTHER = 'not-the-password'
  let open: RedisServer
  let closed: RedisServer
  before(async () => {
    open = await RedisServer.start(['--user', 'anna', 'on', `>${SECRET}`, '~*', '&*', '+@all'])
    closed = await RedisServer.start(['--requirepass', SECRET])
  })
  after(() => Promise.all([open.stop(), closed.stop()]))

  const check = /refuses the user or password: check REDIS_URL and REDIS_PASSWORD\n$/
  const host = (server: RedisServer): string => `127.0.0.1:${server.port}`
  const cases: readonly [string, () => Env][] = [
    ['without a password', () => ({ REDIS_URL: closed.url })],
    [
      'with a wrong password in REDIS_URL',
      () => ({ REDIS_URL: `redis://:${OTHER}@${host(closed)}` }),
    ],
    ['with a wrong REDIS_PASSWORD', () => ({ REDIS_URL: closed.url, REDIS_PASSWORD: OTHER })],
    [
      'as a user with a wrong password',
      () => ({ REDIS_URL: `redis://anna:${OTHER}@${host(open)}` }),
    ],
    ['as a user who is not known', () => ({ REDIS_URL: `redis://boris:${SECRET}@${host(open)}` })],
  ]
  for (const [name, env] of cases) {
    it(`fault 27: ${name} says so, and shows no password`, async () => {
      using place = new Place()
      const ended = await start(place, env())
      assertRefused(ended, check)
      assert.ok(!ended.err.includes(OTHER))
    })
  }

  it('has left nothing behind', async () => {
    const redis = open.client()
    assert.deepEqual(await contents(redis), [])
    redis.disconnect()
  })
})

describe('a start on a Redis that cannot keep the promises', CONCURRENT, () => {
  it('names the version of one that is too old, and only looked at it', async () => {
    await using fake = await FakeRedis.start('6.2.14')
    await refused(
      { REDIS_URL: `${fake.url}/1` },
      /redis 127\S+ is Redis 6\.2\.14: 7 or newer is needed/,
    )
    assert.deepEqual(new Set(fake.commands), new Set(['HELLO', 'SELECT', 'CLIENT', 'INFO']))
  })

  it('fault 32: names the policy of one that deletes data, whichever it deletes first', async () => {
    await using redis = await SeededRedis.start()
    for (const policy of ['allkeys-lru', 'volatile-ttl']) {
      await redis.redis.config('SET', 'maxmemory-policy', policy)
      await redis.unchangedBy(() =>
        refused(
          { REDIS_URL: redis.server.url },
          `maxmemory-policy ${policy}`,
          /: set maxmemory-policy noeviction there\n$/,
        ),
      )
    }
  })

  it('fault 26: says that one is full, and works when it has room again', async () => {
    await using redis = await SeededRedis.start()
    const env = { REDIS_URL: redis.server.url }
    await redis.redis.config('SET', 'maxmemory', '1mb')
    await redis.unchangedBy(() =>
      refused(env, /takes no writes \(OOM\): its memory is full: raise maxmemory/),
    )
    await redis.redis.config('SET', 'maxmemory', '0')
    using place = new Place()
    await using service = await Running.start(place, env)
    await service.say('79001234567', 'again')
  })

  it('fault 27: says that one is a replica, and to name its primary', async () => {
    await using redis = await SeededRedis.start()
    const replica = await RedisServer.start(['--replicaof', '127.0.0.1', String(redis.server.port)])
    try {
      // Answers when the replica has all.
      await redis.redis.set('last', 'one')
      assert.equal(await redis.redis.wait(1, 10_000), 1)
      await redis.unchangedBy(() =>
        refused({ REDIS_URL: replica.url }, 'is a replica', 'name its primary in REDIS_URL'),
      )
    } finally {
      await replica.stop()
    }
  })

  it('does not take the first database for one that is not there', async () => {
    await using redis = await SeededRedis.start()
    await redis.unchangedBy(() =>
      refused(
        { REDIS_URL: `${redis.server.url}/99` },
        'there is no database 99',
        /: name another in REDIS_URL, or raise `databases` in redis\.conf\n$/,
      ),
    )
  })

  for (const [clients, sentence] of [
    [1, /gets no connection of its own: see maxclients and the log of that Redis\n$/],
    [3, /gets no connection of its own: see maxclients and the log of that Redis\n$/],
    [4, /does not answer \(Command timed out\): try again\n$/],
  ] as const) {
    it(`does not wait for ever when it gets ${clients} of the 5 connections that it needs`, async () => {
      await using redis = await SeededRedis.start()
      const held = await contents(redis.redis)
      // The client of this test is one more.
      await redis.redis.config('SET', 'maxclients', String(clients + 1))
      await refused({ REDIS_URL: redis.server.url }, sentence)
      // Roles had begun by then, so there are traces of them, but nothing is gone or different.
      const kept = new Map((await contents(redis.redis)).map((entry) => [keyOf(entry), entry]))
      assert.deepEqual(
        held.filter((entry) => !isDeepStrictEqual(kept.get(keyOf(entry)), entry)),
        [],
      )
    })
  }
})
