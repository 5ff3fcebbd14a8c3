/**
 * Each kind of damage, done by hand to a store of each engine: the doctor names it, repairs it, finds
 * nothing more, and what can be read is answered or kept as failed, once.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import type { Redis } from 'ioredis'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import type { DamageCode } from '../../src/batching/store-examine.ts'
import type { BatchId } from '../../src/message.ts'
import { Deadline } from '../../src/service.ts'
import {
  ANNA,
  BORIS,
  CLARA,
  payloadOf,
  Scene,
  TIMES,
  testClock,
} from '../conformance/store/scene.ts'
import { answerAll } from '../support/answer-all.ts'
import { codesOf, examined, mended } from '../support/mending-store.ts'
import { RedisServer } from '../support/redis-server.ts'

/**
 * Anna has a turn of two messages and one that waits, Boris one that waits, Clara one that failed.
 */
interface Staged {
  readonly scene: Scene
  readonly turn: BatchId
  readonly failed: BatchId
}
async function stage(scene: Scene): Promise<Staged> {
  const { turn } = await scene.running(ANNA, ['a1', 'a2'])
  await scene.write(ANNA, ['a3'])
  await scene.write(BORIS, ['b1', 'b2'])
  const { batchId: failed } = await scene.failed(CLARA, ['c1'])
  return { scene, turn: turn.batchId, failed }
}
const ALL = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']

/** Answers what is due, until nothing is; answers that, and how many are kept as failed. */
async function settled(scene: Scene): Promise<{ answered: string[]; failed: number }> {
  const answered = await answerAll(scene)
  const { batches } = await scene.store.failed({ offset: 0, limit: 100 })
  return { answered, failed: batches.reduce((sum, { size }) => sum + size, 0) }
}

/** What it is called by, what is done, what is found, and who stays unanswered: as failed, or gone. */
interface Case<Hand> {
  readonly title: string
  readonly spoil: (hand: Hand, staged: Staged) => unknown
  readonly codes: readonly DamageCode[]
  readonly failed?: readonly string[]
  readonly gone?: readonly string[]
}

async function prove(
  { codes, failed = [], gone = [] }: Omit<Case<unknown>, 'spoil'>,
  scene: Scene,
): Promise<void> {
  const { store } = scene
  const { found, repaired, left } = await mended(store)
  for (const code of codes)
    assert.ok(codesOf(found).includes(code), `${codesOf(found)} has ${code}`)
  assert.deepEqual(left, [])
  assert.ok(repaired.length > 0)
  assert.deepEqual(codesOf(await examined(store)), [])
  await addsUp(store)
  const ended = await settled(scene)
  const kept = ['c1', ...failed]
  const answered = ALL.filter((id) => !kept.includes(id) && !gone.includes(id))
  assert.deepEqual(ended.answered.toSorted(), answered.map(payloadOf).toSorted())
  assert.equal(ended.failed, kept.filter((id) => !gone.includes(id)).length)
  assert.deepEqual(codesOf(await examined(store)), [])
  await addsUp(store)
}

async function addsUp(store: BatchStore): Promise<void> {
  const n = await store.counts()
  assert.equal(n.accepted, n.answered + n.failed + n.discarded + n.revoked + n.open)
}

const REDIS: readonly Case<Redis>[] = [
  {
    title: 'case 36: a list that nobody gave a deadline, with all that was kept of it',
    spoil: (redis) => redis.del(`rf:c:${BORIS}`, 'rf:open'),
    codes: ['list_without_deadline', 'deadline_lost'],
  },
  {
    title: 'case 36: an entry without what is kept of the batch',
    spoil: (redis) => redis.del(`rf:c:${BORIS}`),
    codes: ['list_without_deadline'],
  },
  {
    title: 'case 36: no deadlines',
    spoil: (redis) => redis.del('rf:open'),
    codes: ['deadline_lost'],
  },
  {
    title: 'a batch that waits for a turn that is none',
    spoil: (redis) => redis.hset(`rf:c:${BORIS}`, 'turn', 'b_none'),
    codes: ['pointer_dangling'],
  },
  {
    title: 'a batch that is never due',
    spoil: never,
    codes: ['deadline_lost'],
  },
  {
    title: 'an open batch whose messages are gone',
    spoil: (redis) => redis.del(`rapid-fire:${BORIS}`),
    codes: ['batch_without_list'],
    gone: ['b1', 'b2'],
  },
  {
    title: 'a window of words',
    spoil: (redis) => redis.hset(`rf:c:${BORIS}`, { due: 'soon', n: 'two', max: '' }),
    codes: ['window_damaged'],
  },
  {
    title: 'an entry of a batch that is none',
    spoil: (redis) => redis.zadd('rf:open', '+inf', `${BORIS}|b_old`),
    codes: ['entry_stale'],
  },
  {
    title: 'messages that would expire',
    spoil: async (redis, { turn, failed }) => {
      for (const key of [`rapid-fire:${BORIS}`, `rf:m:${turn}`, `rf:b:${failed}`, `rf:c:${ANNA}`]) {
        await redis.expire(key, 3600)
      }
    },
    codes: ['expires'],
  },
  {
    title: 'turns that nobody looks at',
    spoil: (redis) => redis.del('rf:turns'),
    codes: ['turn_forgotten'],
  },
  {
    title: 'a turn that its conversation does not know of',
    spoil: (redis) => redis.hdel(`rf:c:${ANNA}`, 'turn'),
    codes: ['turn_unpointed'],
  },
  {
    title: 'a turn and its conversation know nothing of each other, and nobody looks',
    spoil: (redis) => redis.del(`rf:c:${ANNA}`, 'rf:turns', 'rf:open'),
    codes: ['turn_unpointed', 'turn_forgotten', 'list_without_deadline'],
  },
  {
    title: 'messages without a batch',
    spoil: (redis, { turn }) => redis.del(`rf:b:${turn}`),
    codes: ['record_lost'],
    failed: ['a1', 'a2'],
  },
  {
    title: 'messages without a batch, that nobody knows of',
    spoil: (redis, { turn }) => redis.del(`rf:b:${turn}`, `rf:c:${ANNA}`, 'rf:turns'),
    codes: ['record_lost'],
    failed: ['a1', 'a2'],
  },
  {
    title: 'a record that cannot be calculated with',
    spoil: (redis, { turn }) => redis.hset(`rf:b:${turn}`, 'starts', 'often'),
    codes: ['record_damaged'],
    failed: ['a1', 'a2'],
  },
  {
    title: 'a record in the name of another person',
    spoil: (redis, { turn }) => redis.hset(`rf:b:${turn}`, 'c', BORIS),
    codes: ['record_damaged'],
    failed: ['a1', 'a2'],
  },
  {
    title: 'a person who waits for the turn of another one',
    spoil: (redis, { turn }) => redis.hset(`rf:c:${BORIS}`, 'turn', turn),
    codes: ['pointer_dangling'],
  },
  {
    title: 'a batch without messages',
    spoil: (redis, { turn }) => redis.del(`rf:m:${turn}`),
    codes: ['turn_empty'],
    gone: ['a1', 'a2'],
  },
  {
    title: 'a batch with fewer messages than it counts',
    spoil: (redis, { turn }) => redis.lpop(`rf:m:${turn}`),
    codes: ['size_wrong'],
    gone: ['a1'],
  },
  {
    title: 'failed batches in no list',
    spoil: (redis) => redis.del('rf:failed'),
    codes: ['failed_untracked'],
  },
  {
    title: 'a list of failed ones that names what is not there',
    spoil: (redis) => redis.zadd('rf:failed', 1, 'b_none'),
    codes: ['entry_stale'],
  },
  {
    title: 'counts that do not add up',
    spoil: (redis) => redis.hset('rf:n', { open: 77, accepted: 'many' }),
    codes: ['counts_wrong'],
  },
  { title: 'no counts', spoil: (redis) => redis.del('rf:n'), codes: ['counts_wrong'] },
  {
    title: 'holds that no list shows, and one that is none',
    spoil: async (redis, { scene }) => {
      await scene.store.retime(BORIS, { kind: 'hold', forMs: 9000, why: 'paused', atLeast: false })
      await redis.zrem('rf:held', BORIS)
      await redis.zadd('rf:held', '8000000000000000', ANNA)
    },
    codes: ['hold_untracked', 'hold_stale'],
  },
  {
    title: 'aliases in a circle',
    spoil: async (redis) => {
      await redis.set(`rf:a:${ANNA}`, BORIS)
      await redis.set(`rf:a:${BORIS}`, ANNA)
    },
    codes: ['alias_nowhere'],
  },
  {
    title: 'fault 33: keys of a foreign type',
    spoil: async (redis) => {
      for (const key of [`rf:c:${BORIS}`, 'rf:open', 'rf:n', `last-msg:${ANNA}`]) {
        await redis.del(key)
        await redis.xadd(key, '1-1', 'foreign', 'type')
      }
    },
    codes: ['foreign_type'],
  },
]

/** All but when it is looked at again. */
async function dumped(redis: Redis): Promise<Map<string, Buffer | null>> {
  const keys = (await redis.keys('*')).filter((key) => key !== 'rf:open').toSorted()
  const found = new Map<string, Buffer | null>()
  for (const key of keys) found.set(key, await redis.dumpBuffer(key))
  return found
}

async function never(redis: Redis): Promise<void> {
  for (const member of await redis.zrange('rf:open', '0', '-1')) {
    await redis.zadd('rf:open', 'XX', '+inf', member)
  }
}

describe('the doctor repairs a store on Redis', () => {
  let server: Promise<RedisServer> | null = null
  let databases = 0
  after(async () => (await server)?.stop())

  for (const one of REDIS) {
    it(one.title, async () => {
      server ??= RedisServer.start(['--databases', '100'])
      databases += 1
      const running = await server
      const clock = testClock()
      const target = { url: `${running.url}/${databases}` }
      const store = new RedisStore({ target, times: TIMES, mirrorMs: 60_000, clock: clock.now })
      await store.start()
      const redis = running.client({ db: databases })
      try {
        const scene = new Scene({ store, stop: async () => {} }, clock)
        const staged = await stage(scene)
        assert.deepEqual(await examined(store), [])
        await one.spoil(redis, staged)
        await prove(one, scene)
      } finally {
        redis.disconnect()
        await store.stop(new Deadline(1000))
      }
    })
  }

  for (const field of [
    'first',
    'last',
    'due',
    'idle',
    'age',
    'max',
    'n',
    'loud',
    'over',
    'extra',
  ]) {
    it(`a seal that meets a word for ${field} does nothing by halves`, async () => {
      server ??= RedisServer.start(['--databases', '100'])
      databases += 1
      const running = await server
      const clock = testClock()
      const target = { url: `${running.url}/${databases}` }
      const store = new RedisStore({ target, times: TIMES, mirrorMs: 60_000, clock: clock.now })
      await store.start()
      const redis = running.client({ db: databases })
      const scene = new Scene({ store, stop: async () => {} }, clock)
      await scene.write(ANNA, ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'], { limits: { maxSize: 2 } })
      const batchId = await scene.openId(ANNA)
      await redis.hset(`rf:c:${ANNA}`, field, 'many')
      const found = await dumped(redis)
      const [result] = await store.seal([{ conversation: ANNA, batchId, restId: scene.newId() }])
      assert.equal(result instanceof Error && 'code' in result && result.code, 'store_damaged')
      assert.deepEqual(await dumped(redis), found)
      assert.ok(codesOf((await mended(store)).repaired).includes('window_damaged'))
      assert.deepEqual((await settled(scene)).answered.toSorted(), ALL.map(payloadOf))
      redis.disconnect()
      await store.stop(new Deadline(1000))
    })
  }

  it('what stood under a key is kept', async () => {
    server ??= RedisServer.start(['--databases', '100'])
    const redis = (await server).client({ db: 1 })
    await redis.flushdb()
    const store = new RedisStore({
      target: { url: `${(await server).url}/1` },
      times: TIMES,
      mirrorMs: 60_000,
    })
    await store.start()
    await redis.set(`rapid-fire:${ANNA}`, 'somebody’s')
    const { repaired } = await mended(store)
    const [aside = ''] = await redis.keys('rf:x:*')
    assert.match(aside, new RegExp(`^rf:x:b_[^:]+:rapid-fire:${ANNA}$`))
    assert.equal(await redis.get(aside), 'somebody’s')
    assert.match(repaired[0]?.what ?? '', /kept as rf:x:/)
    redis.disconnect()
    await store.stop(new Deadline(1000))
  })
})

const SQLITE: readonly Case<DatabaseSync>[] = [
  {
    title: 'an open batch that nobody would look at',
    spoil: (db) => db.exec("UPDATE batch SET wake_at = NULL WHERE state = 'open'"),
    codes: ['deadline_lost'],
  },
  {
    title: 'a window that is not whole',
    spoil: (db) => db.exec("UPDATE batch SET idle_ms = NULL, over_at = NULL WHERE state = 'open'"),
    codes: ['window_damaged'],
  },
  {
    title: 'a turn that nobody would look at again',
    spoil: (db) => db.exec("UPDATE batch SET look_at = NULL WHERE state = 'running'"),
    codes: ['turn_forgotten'],
  },
  {
    title: 'messages of no batch',
    spoil: (db) => db.exec("DELETE FROM batch WHERE state = 'running'"),
    codes: ['record_lost'],
    failed: ['a1', 'a2'],
  },
  {
    title: 'messages of no batch, where one is open',
    spoil: (db) => db.exec(`DELETE FROM batch WHERE conversation = '${BORIS}'`),
    codes: ['record_lost'],
    failed: ['b1', 'b2'],
  },
  {
    title: 'a turn that cannot be read',
    spoil: (db) => db.exec("UPDATE batch SET epoch = NULL, draft = '{' WHERE state = 'running'"),
    codes: ['record_damaged'],
    failed: ['a1', 'a2'],
  },
  {
    title: 'an open batch whose messages are gone',
    spoil: (db) => db.exec(`DELETE FROM message WHERE conversation = '${BORIS}'`),
    codes: ['batch_without_list'],
    gone: ['b1', 'b2'],
  },
  {
    title: 'a turn whose messages are gone',
    spoil: (db) => db.exec("DELETE FROM message WHERE body LIKE '%a1%' OR body LIKE '%a2%'"),
    codes: ['turn_empty'],
    gone: ['a1', 'a2'],
  },
  {
    title: 'a failed batch whose messages are gone',
    spoil: (db) => db.exec(`DELETE FROM message WHERE conversation = '${CLARA}'`),
    codes: ['turn_empty'],
    gone: ['c1'],
  },
  {
    title: 'a batch with fewer messages than it counts',
    spoil: (db) => db.exec("DELETE FROM message WHERE body LIKE '%a1%'"),
    codes: ['size_wrong'],
    gone: ['a1'],
  },
  {
    title: 'counts that do not add up',
    spoil: (db) => db.exec("UPDATE tally SET n = 99 WHERE name IN ('open', 'accepted')"),
    codes: ['counts_wrong'],
  },
  {
    title: 'a count that is gone',
    spoil: (db) => db.exec("DELETE FROM tally WHERE name = 'failed'"),
    codes: ['counts_wrong'],
  },
  {
    title: 'a hold for no reason',
    spoil: (db) =>
      db.exec(`INSERT INTO hold (conversation, until, why) VALUES ('${BORIS}', 1, 'x')`),
    codes: ['window_damaged'],
  },
  {
    title: 'aliases in a circle',
    spoil: (db) =>
      db.exec(`INSERT INTO alias (conversation, leads_to, until) VALUES
        ('${ANNA}', '${BORIS}', 8e15), ('${BORIS}', '${ANNA}', 8e15)`),
    codes: ['alias_nowhere'],
  },
]

describe('the doctor repairs a store on SQLite', () => {
  for (const one of SQLITE) {
    it(one.title, async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'rapid-fire-repairs-'))
      const clock = testClock()
      const options = { dataDir, times: TIMES, clock: clock.now }
      const before = new SqliteStore(options)
      await before.start()
      const staged = await stage(new Scene({ store: before, stop: async () => {} }, clock))
      assert.deepEqual(await examined(before), [])
      await before.stop()
      const database = new DatabaseSync(join(dataDir, 'rapid-fire.db'))
      await one.spoil(database, staged)
      database.close()
      const store = new SqliteStore(options)
      await store.start()
      await prove(one, new Scene({ store, stop: async () => {} }, clock))
      await store.stop()
      rmSync(dataDir, { recursive: true })
    })
  }

  it('an index that is not what its rows say is named, and left to people', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'rapid-fire-repairs-'))
    const store = new SqliteStore({ dataDir, times: TIMES })
    await store.start()
    await stage(new Scene({ store, stop: async () => {} }, testClock()))
    await store.stop()
    const database = new DatabaseSync(join(dataDir, 'rapid-fire.db'))
    database.enableDefensive(false)
    database.exec(`PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, '(first_at)', '(last_at)')
      WHERE name = 'batch_untaken';
      UPDATE batch SET last_at = last_at + 5;`)
    database.close()
    await store.start()
    const { found, left } = await mended(store)
    assert.deepEqual(codesOf(left), ['file_damaged'])
    assert.ok(found.every(({ repair, fix }) => repair === null && fix.includes('restore a backup')))
    await store.stop()
    rmSync(dataDir, { recursive: true })
  })
})
