/** The engines that the model is held against, each with several clients. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Redis } from 'ioredis'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import type { StoreTimes } from '../../src/batching/store.ts'
import { Deadline } from '../../src/service.ts'
import type { TestClock } from '../conformance/store/scene.ts'
import { Expiry } from '../support/expiry.ts'
import type { Holdings } from '../support/oracle-state.ts'
import type { RedisServer } from '../support/redis-server.ts'
import type { EngineUnderTest } from './world.ts'

export interface Setup {
  readonly times: StoreTimes
  readonly clock: TestClock
  readonly clients: number
}

/** One process owns the file, so its clients are calls that wait for the same commit. */
export async function sqliteEngine({ times, clock }: Setup): Promise<EngineUnderTest> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rapid-fire-model-'))
  const store = new SqliteStore({ dataDir, times, clock: clock.now })
  await store.start()
  let wakes = 0
  await store.onWake(() => {
    wakes += 1
  })
  return {
    name: 'sqlite',
    clients: [store],
    // The owner's lock keeps everybody else out; what it holds is looked at when it is closed.
    holdings: async () => null,
    pass: async () => {},
    wakes: () => wakes,
    async stop() {
      const { open, failed, answered } = await store.counts()
      await store.stop(new Deadline(1000))
      const held = sqliteHoldings(join(dataDir, 'rapid-fire.db'))
      rmSync(dataDir, { recursive: true })
      assert.deepEqual(
        [held.open.length, held.failed.length, held.answered.length <= answered],
        [open, failed, true],
        'sqlite holds as many messages as it counts',
      )
    },
  }
}

function sqliteHoldings(file: string): Holdings {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = database
      .prepare('SELECT b.state, m.body FROM message m JOIN batch b ON b.n = m.batch')
      .all() as { state: string; body: string }[]
    const of = (wanted: (state: string) => boolean): string[] =>
      rows.filter(({ state }) => wanted(state)).map(({ body }) => body)
    return {
      open: of((state) => state !== 'failed' && state !== 'answered'),
      failed: of((state) => state === 'failed'),
      answered: of((state) => state === 'answered'),
    }
  } finally {
    database.close()
  }
}

export async function redisEngine(
  server: RedisServer,
  db: number,
  { times, clock, clients }: Setup,
): Promise<EngineUnderTest> {
  const target = { url: `${server.url}/${db}` }
  const stores = Array.from(
    { length: clients },
    () => new RedisStore({ target, times, mirrorMs: 60_000, clock: clock.now }),
  )
  await Promise.all(stores.map((store) => store.start()))
  const redis = server.client({ db })
  const expiry = new Expiry(redis)
  let wakes = 0
  await stores[0]?.onWake(() => {
    wakes += 1
  })
  return {
    name: 'redis',
    clients: stores,
    holdings: () => redisHoldings(redis),
    pass: (ms) => expiry.pass(ms),
    wakes: () => wakes,
    async stop() {
      await redis.flushdb()
      redis.disconnect()
      await Promise.all(stores.map((store) => store.stop(new Deadline(1000))))
    },
  }
}

/** Reads every key: none expires that holds an unanswered message (P2), one turn a person (P6). */
async function redisHoldings(redis: Redis): Promise<Holdings> {
  const held = { open: [] as string[], failed: [] as string[], answered: [] as string[] }
  const inTurn = new Set<string | null>()
  for (const key of await redis.keys('*')) {
    if (key.startsWith('rapid-fire:')) {
      held.open.push(...(await redis.lrange(key, 0, -1)))
      await assertImmortal(redis, key)
    } else if (key.startsWith('rf:b:')) {
      const id = key.slice('rf:b:'.length)
      const [state = null, c = null] = await redis.hmget(key, 'state', 'c')
      const place = state === 'answered' || state === 'failed' ? state : 'open'
      held[place].push(...(await redis.lrange(`rf:m:${id}`, 0, -1)))
      if (place === 'open') {
        assert.ok(!inTurn.has(c), `${c} has two turns`)
        inTurn.add(c)
      }
      if (place !== 'answered') await assertImmortal(redis, key, `rf:m:${id}`)
    } else if (key.startsWith('rf:c:')) {
      const [id, turn] = await redis.hmget(key, 'id', 'turn')
      if (id || turn) await assertImmortal(redis, key)
    }
  }
  return held
}

async function assertImmortal(redis: Redis, ...keys: string[]): Promise<void> {
  for (const key of keys) assert.equal(await redis.pttl(key), -1, `${key} expires, unanswered`)
}
