/**
 * Every way in which a real Redis refuses a call: a code of ours in time, nothing half done, and once
 * Redis is willing the same call is taken, once.
 */
import assert from 'node:assert/strict'
import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Redis } from 'ioredis'
import { redisError } from '../../src/batching/redis/errors.ts'
import type { Step } from '../../src/batching/store-turn.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { batchId } from '../conformance/store/scene.ts'
import { RedisServer } from '../support/redis-server.ts'
import { ANSWER_MS, BACK_MS, C, RedisStage } from './redis-stage.ts'

interface Refusal {
  readonly name: string
  readonly args?: readonly string[]
  readonly cause: (redis: Redis, stage: RedisStage) => Promise<unknown>
  readonly code: ErrorCode
  readonly says: RegExp
  /** Instead of an append. */
  readonly call?: (stage: RedisStage) => Promise<unknown>
  /** What keeps the API from being ready; `says` when left out. */
  readonly readySays?: RegExp
  readonly heal: (redis: Redis, stage: RedisStage) => Promise<unknown>
}

const config =
  (name: string, value: string) =>
  (redis: Redis): Promise<unknown> =>
    redis.config('SET', name, value)

/** The field of INFO has this value; each question is a round trip. */
async function untilInfo(redis: Redis, line: RegExp): Promise<void> {
  while (!line.test(await redis.info()));
}

const REFUSALS: readonly Refusal[] = [
  {
    name: 'OOM',
    cause: config('maxmemory', '1'),
    code: 'store_full',
    says: /takes no writes \(OOM\): its memory is full/,
    heal: config('maxmemory', '0'),
  },
  {
    name: 'MISCONF',
    args: ['--save', '3600 1'],
    cause: async (redis, { server }) => {
      mkdirSync(join(server.dir, 'dump.rdb'))
      await redis.bgsave()
      await untilInfo(redis, /rdb_last_bgsave_status:err/)
    },
    code: 'store_full',
    says: /takes no writes \(MISCONF\): it cannot save to its disk/,
    heal: async (redis, { server }) => {
      rmdirSync(join(server.dir, 'dump.rdb'))
      await redis.bgsave()
      await untilInfo(redis, /rdb_last_bgsave_status:ok/)
    },
  },
  {
    name: 'NOREPLICAS',
    cause: config('min-replicas-to-write', '1'),
    code: 'store_full',
    says: /takes no writes \(NOREPLICAS\): it has fewer replicas/,
    heal: config('min-replicas-to-write', '0'),
  },
  {
    name: 'READONLY',
    cause: (redis) => redis.replicaof('127.0.0.1', '1'),
    code: 'store_away',
    says: /is a replica and takes no writes: name its primary/,
    heal: (redis) => redis.replicaof('NO', 'ONE'),
  },
  {
    name: 'MASTERDOWN',
    cause: async (redis) => {
      await redis.config('SET', 'replica-serve-stale-data', 'no')
      await redis.replicaof('127.0.0.1', '1')
    },
    code: 'store_away',
    says: /is a replica that has lost its primary/,
    call: (stage) => stage.store.counts(),
    readySays: /is a replica and takes no writes/,
    heal: (redis) => redis.replicaof('NO', 'ONE'),
  },
  {
    name: 'BUSY',
    args: ['--busy-reply-threshold', '50'],
    cause: async (redis, { server }) => {
      const busy = server.client()
      busy.eval('while true do end', 0).catch(() => busy.disconnect())
      while (!/^BUSY/.test(await redis.ping().catch((error) => error.message)));
    },
    code: 'store_away',
    says: /is busy with a script that does not end: .*SCRIPT KILL/,
    heal: (redis) => redis.script('KILL'),
  },
  {
    name: 'NOPERM',
    cause: (redis) => redis.acl('SETUSER', 'default', '-eval', '-evalsha'),
    code: 'store_rights',
    says: /lacks a right that is needed \(eval(?:sha)?\): see docs\/operating\.md/,
    heal: (redis) => redis.acl('SETUSER', 'default', '+eval', '+evalsha'),
  },
  {
    name: 'NOAUTH',
    cause: async (redis) => {
      await redis.config('SET', 'requirepass', 'a-password')
      await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    },
    code: 'store_auth',
    says: /refuses the user or password: check REDIS_URL/,
    heal: config('requirepass', ''),
  },
]

describe('a Redis that refuses calls', { concurrency: 4 }, () => {
  for (const { name, args = [], cause, code, says, call, readySays = says, heal } of REFUSALS) {
    it(`fault 27: ${name} is one code of ours, in time, and passes by itself`, async () => {
      await using stage = await RedisStage.start({ args })
      await stage.append(['before'])
      await cause(stage.redis, stage)
      // The connection may have to be made anew before the refusal is known.
      const ask = call ?? ((on: RedisStage) => on.append(['after']))
      let error = await stage.refusalOf(ask)
      while (error.code !== code) error = await stage.refusalOf(ask)
      assert.match(error.message, says)
      assert.ok(error.message.startsWith(`redis 127.0.0.1:${stage.proxy.port}/0 `), error.message)
      const ping = (on: RedisStage): Promise<void> => on.store.ping()
      while (!readySays.test(error.message)) error = await stage.refusalOf(ping)
      assert.equal(error.code, code)
      await heal(stage.redis, stage)
      assert.ok((await stage.appendUntilTaken(['after'])) <= BACK_MS)
      assert.deepEqual(await stage.kept(), ['before', 'after'])
      await stage.store.ping()
    })
  }

  it('fault 27: LOADING is waited for, and callers are told in time', async () => {
    const server = await RedisServer.start(['--appendonly', 'yes'])
    await using stage = await RedisStage.start({ on: server })
    await stage.append(['before'])
    await stage.redis.eval(
      "for i = 1, 5000 do redis.call('SET', 'filler:' .. i, string.rep('x', 100)) end",
      0,
    )
    await server.down()
    await server.loading([
      '--key-load-delay',
      '200',
      '--loading-process-events-interval-bytes',
      '1024',
    ])
    const error = await stage.refusal(['after'])
    assert.equal(error.code, 'store_away')
    await untilInfo(stage.redis, /^loading:0/m)
    assert.ok((await stage.appendUntilTaken(['after'])) <= BACK_MS)
    assert.deepEqual(await stage.kept(), ['before', 'after'])
    await server.stop()
  })

  it('fault 27: CLUSTERDOWN, CROSSSLOT, MOVED and ASK say that it is a cluster', async () => {
    const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000']
    const [one, two] = await Promise.all([RedisServer.start(cluster), RedisServer.start(cluster)])
    const [first, second] = [one.client(), two.client()]
    const answers: Record<string, string> = {}
    const ask = async (redis: Redis): Promise<void> => {
      const text = await redis.set('a', '1').catch((error) => error.message as string)
      answers[text?.split(' ')[0] ?? ''] = redisError(new Error(text ?? ''), 'redis x').code
    }
    await ask(first)
    await second.cluster('ADDSLOTSRANGE', 0, 16_383)
    await first.cluster('MEET', '127.0.0.1', two.port)
    for (const node of [first, second]) {
      while (!/cluster_state:ok/.test((await node.cluster('INFO')) as string));
    }
    await ask(first)
    const crossed = await second.mset('a', '1', 'b', '2').catch((error) => error.message as string)
    answers[crossed.split(' ')[0] ?? ''] = redisError(new Error(crossed), 'redis x').code
    const firstId = (await first.cluster('MYID')) as string
    await second.cluster('SETSLOT', 15_495, 'MIGRATING', firstId)
    await ask(second)
    assert.deepEqual(answers, {
      CLUSTERDOWN: 'store_away',
      MOVED: 'store_cluster',
      CROSSSLOT: 'store_cluster',
      ASK: 'store_cluster',
    })
    await assert.rejects(RedisStage.start({ on: one }), { code: 'store_cluster' })
    for (const client of [first, second]) client.disconnect()
    await Promise.all([one.stop(), two.stop()])
  })

  it('fault 28: NOSCRIPT costs nobody anything: alone, in a pipeline, again and again, in order', async () => {
    await using stage = await RedisStage.start()
    const due = Array.from({ length: 20 }, (_, n) => `${79_000_000_000 + n}`)
    for (let round = 0; round < 3; round += 1) {
      await stage.redis.script('FLUSH')
      const results = await Promise.all(
        ['a', 'b', 'c'].map((letter) => stage.append([`${letter}${round}`])),
      )
      assert.deepEqual(
        results.map(({ outcome }) => outcome),
        ['appended', 'appended', 'appended'],
      )
    }
    assert.deepEqual(await stage.kept(), ['a0', 'b0', 'c0', 'a1', 'b1', 'c1', 'a2', 'b2', 'c2'])
    for (const c of due) await stage.append(['m'], c as never)
    await stage.redis.script('FLUSH')
    const sealed = await stage.store.seal(
      due.map((c) => ({
        conversation: c as never,
        batchId: 'b_m' as never,
        restId: 'b_r' as never,
      })),
    )
    assert.deepEqual(
      new Set(sealed.map((one) => (one as { outcome: string }).outcome)),
      new Set(['early']),
    )
  })

  it('fault 26: full, it refuses a message whole', async () => {
    await using stage = await RedisStage.start()
    await stage.append(['a', 'b'])
    const before = await stage.redis.dumpBuffer('rapid-fire:79001234567')
    await stage.redis.config('SET', 'maxmemory', '1')
    const error = await stage.refusal(['c'])
    assert.equal(error.code, 'store_full')
    assert.deepEqual(await stage.redis.dumpBuffer('rapid-fire:79001234567'), before)
  })
})

it('fault 26: full, what is being answered is finished, and frees its memory', async () => {
  await using stage = await RedisStage.start()
  const [conversation, id] = [C, batchId('a')]
  await stage.append(['a'])
  await stage.store.retime(conversation, { kind: 'flush' })
  await stage.store.seal([{ conversation, batchId: id, restId: batchId('rest') }])
  const begun = await stage.store.begin({ conversation, batchId: id, attempt: 1 })
  assert.ok(begun.outcome === 'go')
  const record = (step: Step) => stage.store.record(id, begun.epoch, step, conversation)
  await record({ kind: 'draft', parts: [{ text: 'да' }] as never, heard: null })
  await record({ kind: 'start', index: 0, unlessNewer: false, mark: null })
  await stage.redis.config('SET', 'maxmemory', '1')
  assert.equal((await stage.refusal(['b'])).code, 'store_full')
  const sent = await record({ kind: 'sent', index: 0, providerId: 'p1', mark: null })
  assert.equal(sent.outcome, 'ok')
  const turn = { conversation, batchId: id, epoch: begun.epoch }
  const settled = await stage.store.settle(turn, { kind: 'answered' })
  assert.equal(settled.outcome, 'answered')
  assert.equal(await stage.redis.zcard('rf:turns'), 0)
})

it('fault 27: what is refused is refused in time, also when Redis says nothing at all', async () => {
  await using stage = await RedisStage.start()
  stage.proxy.shape('reply', { isHeld: true })
  const startedAt = performance.now()
  const error = await stage.refusal(['held'])
  assert.equal(error.code, 'store_away')
  assert.ok(performance.now() - startedAt <= ANSWER_MS)
  stage.proxy.shape('reply', {})
  assert.ok((await stage.appendUntilTaken(['held'])) <= BACK_MS)
  assert.deepEqual(await stage.kept(), ['held'])
})
