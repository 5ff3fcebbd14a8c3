import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it, type TestContext } from 'node:test'
import { Cluster, type Redis } from 'ioredis'
import { freePort, RedisServer } from '../../../test/support/redis-server.ts'
import { openClient, type RedisClient } from '../../redis-client.ts'
import { callOptions } from './connection.ts'
import { oneWriteATick } from './one-write-a-tick.ts'

const CALLS = 20

describe('one write a tick', () => {
  let server: RedisServer
  before(async () => {
    server = await RedisServer.start()
  })
  after(() => server.stop())

  async function connected(test: TestContext): Promise<Redis> {
    const redis = opened(test, server.url) as Redis
    await redis.connect()
    await redis.flushall()
    return redis
  }

  it('sends in one write what several callbacks of a turn ask, in their order', async (test) => {
    const redis = await connected(test)
    const count = countWrites(redis)
    assert.deepEqual(await inOneTurn(() => redis.incr('n')), oneToMany())
    assert.equal(count.writes, 1)
  })

  it('keeps the first waiting for no more than 63 others', async (test) => {
    const redis = await connected(test)
    const count = countWrites(redis)
    const asked = Array.from({ length: 640 }, () => redis.incr('n'))
    assert.equal(count.writes, 9)
    assert.deepEqual(await Promise.all(asked), oneToMany(640))
    assert.equal(count.writes, 10)
  })

  it('sends what an answer leads to as well, call after call', async (test) => {
    const redis = await connected(test)
    for (const n of oneToMany()) assert.equal(await redis.incr('n'), n)
  })

  it('keeps a pipeline, a script and single commands in the order of the calls', async (test) => {
    const redis = await connected(test)
    redis.defineCommand('push', {
      numberOfKeys: 1,
      lua: "return redis.call('RPUSH', KEYS[1], ARGV[1])",
    })
    const push = Reflect.get(redis, 'push') as (key: string, value: string) => Promise<number>
    const asked = [
      redis.rpush('list', 'first'),
      push.call(redis, 'list', 'second'),
      redis.pipeline().rpush('list', 'third').rpush('list', Buffer.from('fourth')).exec(),
      push.call(redis, 'list', 'fifth'),
    ]
    assert.deepEqual(await Promise.all(asked), [
      1,
      2,
      [
        [null, 3],
        [null, 4],
      ],
      5,
    ])
    assert.deepEqual(await redis.lrange('list', 0, -1), [
      'first',
      'second',
      'third',
      'fourth',
      'fifth',
    ])
  })

  it('changes no byte of what it puts together', async (test) => {
    const redis = await connected(test)
    const words = ['Привет', '', 'é', '👋🏽', '\r\n$3', 'x'.repeat(70_000)]
    const written = words.map((word, n) => redis.set(`word-${n}`, word))
    assert.deepEqual(new Set(await Promise.all(written)), new Set(['OK']))
    const read = words.map((_, n) => redis.get(`word-${n}`))
    assert.deepEqual(await Promise.all(read), words)
  })

  it('gathers on the next connection too', async (test) => {
    const redis = await connected(test)
    const cut = redis.incr('n')
    redis.stream.destroy()
    // What never left is asked again on the next one, and counts once.
    assert.equal(await cut, 1)
    const count = countWrites(redis)
    assert.deepEqual(await inOneTurn(() => redis.incr('m')), oneToMany())
    assert.equal(count.writes, 1)
    assert.equal(await redis.get('n'), '1')
  })

  for (const [how, leave] of [
    ['asks to quit', (redis: Redis) => redis.quit()],
    ['ends its side', (redis: Redis) => redis.disconnect()],
  ] as const) {
    it(`sends what was asked before in the turn that ${how}`, async (test) => {
      const redis = await connected(test)
      const ended = once(redis, 'end')
      const asked = redis.set('last', 'word').catch(() => 'not heard')
      void leave(redis)
      await Promise.all([asked, ended])
      const other = await connectedBeside(test)
      assert.equal(await other.get('last'), 'word')
    })
  }

  it('gathers what goes to one node of a Cluster', async (test) => {
    const bus = ['--cluster-port', String(await freePort()), '--cluster-announce-ip', '127.0.0.1']
    await using node = await RedisServer.start(['--cluster-enabled', 'yes', ...bus])
    await makeClusterOfOne(node)
    const cluster = opened(test, node.url.replace('redis:', 'redis+cluster:'))
    assert.ok(cluster instanceof Cluster)
    await cluster.connect()
    const [owner] = cluster.nodes('master')
    assert.ok(owner)
    assert.equal(await cluster.incr('n'), 1)
    const count = countWrites(owner)
    assert.deepEqual(await inOneTurn(() => cluster.incr('m')), oneToMany())
    assert.equal(count.writes, 1)
  })

  async function connectedBeside(test: TestContext): Promise<Redis> {
    const redis = server.client()
    test.after(() => redis.disconnect())
    await once(redis, 'ready')
    return redis
  }
})

function opened(test: TestContext, url: string): RedisClient {
  const client = openClient({ url }, callOptions())
  oneWriteATick(client)
  test.after(() => client.disconnect())
  return client
}

async function makeClusterOfOne(node: RedisServer): Promise<void> {
  const redis = node.client()
  await redis.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383)
  while (!/cluster_state:ok/.test(String(await redis.call('CLUSTER', 'INFO')))) {
    // It counts its slots a moment later.
  }
  redis.disconnect()
}

/** Each in a callback of its own, with all that its promises do before the next one. */
function inOneTurn<Answer>(ask: () => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(
    Array.from(
      { length: CALLS },
      () => new Promise<Answer>((resolve) => setImmediate(() => resolve(ask()))),
    ),
  )
}

function oneToMany(most = CALLS): number[] {
  return Array.from({ length: most }, (_, n) => n + 1)
}

/** Of its socket from now on. */
function countWrites(redis: Redis): { writes: number } {
  const count = { writes: 0 }
  const { stream } = redis
  for (const name of ['_write', '_writev'] as const) {
    const real = stream[name]
    assert.ok(real)
    Reflect.set(stream, name, (...given: unknown[]) => {
      count.writes += 1
      return Reflect.apply(real, stream, given)
    })
  }
  return count
}
