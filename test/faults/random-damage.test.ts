/**
 * Keys of the bookkeeping are deleted and altered at random, on a store at work. Then the doctor
 * repairs: whatever can still be read in a list is answered or kept as failed, once, and a second
 * doctor finds nothing.
 */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Deadline } from '../../src/service.ts'
import { HOUR, Scene, TIMES, testClock } from '../conformance/store/scene.ts'
import { answerAll } from '../support/answer-all.ts'
import { codesOf, examined, mended } from '../support/mending-store.ts'
import { RedisServer } from '../support/redis-server.ts'

const PEOPLE = [
  '79000000001',
  '79000000002',
  'salon:79000000003',
  '79000000004',
] as ConversationKey[]
const GARBAGE = ['', 'x', '-1', '1e400', 'nan', '{', '12 monkeys']

const act = fc.record({
  who: fc.integer({ min: 0, max: PEOPLE.length - 1 }),
  does: fc.constantFrom(
    'write',
    'write',
    'seal',
    'begin',
    'draft',
    'answer',
    'fail',
    'hold',
    'pass',
  ),
})
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  field: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  how: fc.constantFrom(
    'delete',
    'delete',
    'field',
    'garble',
    'expire',
    'foreign',
    'member',
    'element',
  ),
  garbage: fc.constantFrom(...GARBAGE),
})

interface Played {
  readonly store: RedisStore
  readonly redis: Redis
  readonly scene: Scene
}

/** What a person may do, or what happens to them; what is not possible now is left out. */
async function play(
  { store, redis, scene }: Played,
  who: ConversationKey,
  does: string,
  n: number,
) {
  const { turnId, open } = await store.conversation(who)
  const turn = turnId ? await store.batch(turnId) : null
  const name = { conversation: who, batchId: turnId as BatchId }
  if (does === 'write') await scene.write(who, [`m${n}`, `n${n}`])
  if (does === 'pass') await scene.advance(3000)
  if (does === 'hold') {
    await store.retime(who, { kind: 'hold', forMs: HOUR / 60, why: 'paused', atLeast: false })
  }
  if (does === 'seal' && open && !turn) {
    await store.retime(who, { kind: 'flush' })
    await store.seal([{ conversation: who, batchId: open.batchId, restId: scene.newId() }])
  }
  if (!turn || !turnId) return
  if (does === 'begin') await store.begin({ ...name, attempt: turn.attempt })
  if (turn.state !== 'running') return
  const epoch = Number(await redis.hget(`rf:b:${turnId}`, 'epoch'))
  if (does === 'draft') {
    await store.record(turnId, epoch, { kind: 'draft', parts: [{ text: 'A' }], heard: null }, who)
  }
  if (does === 'answer') await store.settle({ ...name, epoch }, { kind: 'answered' })
  if (does === 'fail') {
    await store.settle({ ...name, epoch }, { kind: 'failed', reason: 'x', answerless: false })
  }
}

const BOOKS = /^(rf:(c|b):|last-msg:|rf:(open|turns|failed|held|n)$)/

/** One damage to one key; answers the key. */
async function spoil(
  redis: Redis,
  { at, field, how, garbage }: { at: number; field: number; how: string; garbage: string },
): Promise<void> {
  const keys = (await redis.keys('*')).toSorted()
  const wanted =
    how === 'element'
      ? /^rapid-fire:|^rf:m:/
      : how === 'expire'
        ? /^rf:m:|^rapid-fire:|^rf:[cb]:/
        : BOOKS
  const fitting = keys.filter((key) => wanted.test(key))
  const key = fitting[Math.floor(at * fitting.length)]
  if (!key) return
  const type = await redis.type(key)
  if (how === 'delete') await redis.del(key)
  if (how === 'expire' && (await redis.ttl(key)) < 0) await redis.expire(key, 3600)
  if (how === 'foreign') {
    await redis.del(key)
    await redis.xadd(key, '1-1', 'foreign', 'type')
  }
  if (how === 'element' && type === 'list') {
    const index = Math.floor(field * (await redis.llen(key)))
    await redis.lset(key, String(index), '{"message":')
  }
  if ((how === 'field' || how === 'garble') && type === 'hash') {
    const fields = (await redis.hkeys(key)).toSorted()
    const name = fields[Math.floor(field * fields.length)]
    if (!name) return
    if (how === 'field') await redis.hdel(key, name)
    else await redis.hset(key, name, garbage)
  }
  if (how === 'member' && type === 'zset') {
    const members = await redis.zrange(key, '0', '-1')
    const member = members[Math.floor(field * members.length)]
    if (member && garbage === 'x') await redis.zadd(key, '+inf', member)
    else if (member) await redis.zrem(key, member)
  }
}

const isReadable = (payload: string): boolean => /^\{"message":"\w+"\}$/.test(payload)

/** Readable messages in any list, by key. */
async function readable(redis: Redis): Promise<{ key: string; payload: string }[]> {
  const found: { key: string; payload: string }[] = []
  for (const pattern of ['rapid-fire:*', 'rf:m:*']) {
    for (const key of await redis.keys(pattern)) {
      for (const payload of await redis.lrange(key, 0, -1)) found.push({ key, payload })
    }
  }
  return found.filter(({ payload }) => isReadable(payload))
}

/** What was answered, as long as nothing is damaged: only that expires. */
async function answeredIn(redis: Redis): Promise<Set<string>> {
  const found = new Set<string>()
  for (const { key, payload } of await readable(redis)) {
    if ((await redis.pttl(key)) >= 0) found.add(payload)
  }
  return found
}

describe('damage at random', () => {
  let server: Promise<RedisServer> | null = null
  let databases = 0
  after(async () => (await server)?.stop())

  it('case 40, fault 33: what can be read is answered or kept as failed, once', async () => {
    server ??= RedisServer.start(['--databases', '2048'])
    const { url } = await server
    const property = fc.asyncProperty(
      fc.array(act, { minLength: 5, maxLength: 40 }),
      fc.array(damage, { minLength: 1, maxLength: 6 }),
      async (acts, damages) => {
        databases += 1
        const clock = testClock()
        const target = { url: `${url}/${databases}` }
        const store = new RedisStore({ target, times: TIMES, mirrorMs: 60_000, clock: clock.now })
        await store.start()
        const redis = ((await server) as RedisServer).client({ db: databases })
        const played = { store, redis, scene: new Scene({ store, stop: async () => {} }, clock) }
        try {
          for (const [n, { who, does }] of acts.entries()) {
            await play(played, PEOPLE[who] as ConversationKey, does, n)
          }
          assert.deepEqual(codesOf(await examined(store)), [], 'nothing is wrong before')
          const told = await answeredIn(redis)
          for (const one of damages) await spoil(redis, one)
          const there = (await readable(redis)).map(({ payload }) => payload)
          const { left } = await mended(store)
          assert.deepEqual(left, [])
          assert.deepEqual(codesOf(await examined(store)), [], 'a second doctor finds nothing')
          const { holds } = await store.holds({ offset: 0, limit: 100 })
          for (const { conversation } of holds) {
            await store.retime(conversation, { kind: 'release', only: null })
          }
          const answered = (await answerAll(played.scene)).filter(isReadable)
          const kept = (await failedIn(played)).filter((one) => !told.has(one))
          const expected = there.filter((one) => !told.has(one))
          assert.deepEqual([...answered, ...kept].toSorted(), expected.toSorted())
          assert.deepEqual(codesOf(await examined(store)), [])
        } finally {
          redis.disconnect()
          await store.stop(new Deadline(1000))
        }
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })
})

async function failedIn({ store, redis }: Played): Promise<string[]> {
  const { batches } = await store.failed({ offset: 0, limit: 1000 })
  const found: string[] = []
  for (const { batchId } of batches) found.push(...(await redis.lrange(`rf:m:${batchId}`, 0, -1)))
  return found.filter(isReadable)
}
