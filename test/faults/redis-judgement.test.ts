/** What a start says of a real Redis that may lose what was accepted, and when it refuses it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Redis } from 'ioredis'
import { HttpOperator } from '../../src/cli/http-operator.ts'
import { examineAll, faults } from '../../src/operations/doctor.ts'
import { House } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'
import { WrongClock } from './clock-shim/wrong-clock.ts'

const SOUND = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory', '1gb']

async function findingsOn(
  server: RedisServer,
  env: Record<string, string> = {},
): Promise<{ warned: string[]; codes: string[] }> {
  await using house = await House.start({
    engine: 'redis',
    env: { REDIS_URL: server.url, ...env },
  })
  const ready = await house.request('GET', '/ready', undefined, house.token)
  const { findings } = ready.body.store as { findings: { code: string; severity: string }[] }
  // One that a distribution mended under its old number is not told apart.
  const codes = findings.map(({ code }) => code).filter((code) => code !== 'redis_lua_hole')
  const warned = house.events.all('start.warning').map(({ sentence }) => sentence)
  assert.equal(warned.length, findings.filter(({ severity }) => severity !== 'note').length)
  return { warned, codes }
}

interface Case {
  readonly title: string
  readonly args?: readonly string[]
  readonly prepare?: (redis: Redis) => Promise<unknown>
  readonly codes: readonly string[]
}

const CASES: readonly Case[] = [
  { title: 'finds nothing in one that is set up for it', args: SOUND, codes: [] },
  {
    title: 'tells that each second is synced, and that memory has no limit, in /ready alone',
    args: ['--appendonly', 'yes', '--appendfsync', 'everysec'],
    codes: ['redis_syncs_each_second', 'redis_memory_unbounded'],
  },
  {
    title: 'fault 23: warns of one that keeps snapshots alone',
    args: ['--save', '3600 1', '--maxmemory', '1gb'],
    codes: ['redis_snapshots_only'],
  },
  {
    title: 'fault 23: warns of one that keeps nothing',
    args: ['--maxmemory', '1gb'],
    codes: ['redis_keeps_nothing'],
  },
  {
    title: 'says that it is not told where CONFIG is refused',
    args: SOUND,
    prepare: (redis) => redis.acl('SETUSER', 'default', '-config'),
    codes: ['redis_persistence_unknown'],
  },
]

describe('a start on a Redis', { concurrency: 4 }, () => {
  for (const { title, args = [], prepare, codes } of CASES) {
    it(title, async () => {
      await using server = await RedisServer.start(args)
      const client = server.client()
      await prepare?.(client)
      client.disconnect()
      const found = await findingsOn(server)
      assert.deepEqual(found.codes, codes)
    })
  }

  it('fault 35: warns of a primary without persistence whose replicas would copy the emptiness', async () => {
    await using primary = await RedisServer.start(['--maxmemory', '1gb'])
    await using _replica = await RedisServer.start(['--replicaof', '127.0.0.1', `${primary.port}`])
    const client = primary.client()
    while (!/state=online/.test(await client.info('replication')));
    client.disconnect()
    const { codes, warned } = await findingsOn(primary)
    assert.deepEqual(codes, [
      'redis_keeps_nothing',
      'redis_empties_replicas',
      'redis_replicas_not_asked',
    ])
    assert.match(warned.join('\n'), /restarted it is empty, and its replicas copy that/)
    await assert.rejects(findingsOn(primary, { STORE_RISK: 'refuse' }), { code: 'store_risky' })
  })

  it('warns of one whose clock is an hour ahead', async (t) => {
    const compiled = WrongClock.compile()
    if (typeof compiled === 'string') {
      t.diagnostic(`not run: ${compiled} is missing`)
      return
    }
    using clock = compiled
    await using server = await RedisServer.start(SOUND, clock.env)
    clock.set(3_600_000)
    const { codes, warned } = await findingsOn(server)
    assert.deepEqual(codes, ['redis_clock_apart'])
    assert.match(warned.join(), /is 3600 s ahead of that of this host/)
  })

  it('fault 32: refuses one that evicts, and takes it when that is accepted', async () => {
    await using server = await RedisServer.start([...SOUND, '--maxmemory-policy', 'allkeys-lru'])
    for (const env of [{}, { STORE_RISK: 'warn' }, { STORE_RISK: 'refuse' }]) {
      await assert.rejects(findingsOn(server, env), {
        code: 'store_evicts',
        message: /maxmemory-policy allkeys-lru/,
      })
    }
    const { codes, warned } = await findingsOn(server, { STORE_RISK: 'accept' })
    assert.deepEqual(codes, ['redis_evicts'])
    assert.match(warned.join(), /messages that nobody has answered are lost/)
  })

  it('fault 32: that turns bad later is told by the doctor', async () => {
    await using server = await RedisServer.start(SOUND)
    await using house = await House.start({ engine: 'redis', env: { REDIS_URL: server.url } })
    const client = server.client()
    await client.config('SET', 'maxmemory-policy', 'volatile-lru')
    client.disconnect()
    const operator = new HttpOperator({
      url: house.gateway.url ?? '',
      token: house.token.authorization?.split(' ')[1] ?? '',
    })
    const found = await examineAll({ operator, onProgress: () => undefined })
    assert.deepEqual(
      faults(found).map(({ code, severity, fix }) => [code, severity, fix]),
      [['redis_evicts', 'error', 'set maxmemory-policy noeviction there']],
    )
  })

  it('shows strangers none of it', async () => {
    await using server = await RedisServer.start()
    await using house = await House.start({ engine: 'redis', env: { REDIS_URL: server.url } })
    const { body } = await house.request('GET', '/ready', undefined, { via: '1.1 proxy' })
    assert.deepEqual(Object.keys(body.store as object).sort(), [
      ...['engine', 'id', 'reachable', 'survives'],
    ])
  })
})
