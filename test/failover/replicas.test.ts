/** A store on a primary whose replicas follow, lag behind, are cut off or take its place. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Durability } from '../../src/batching/redis/durability.ts'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { RapidFireError } from '../../src/errors.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Deadline } from '../../src/service.ts'
import { hashOf, LIMITS, payloadOf, TIMES } from '../conformance/store/scene.ts'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { RedisSentinels } from '../support/redis-sentinels.ts'
import { RedisServer } from '../support/redis-server.ts'

const C = '79001234567' as ConversationKey
/** What is not acknowledged by then is told so. */
const ANSWER_MS = 2500
const REPLICA = ['--repl-diskless-sync-delay', '0', '--appendonly', 'yes']

async function openStore(url: string, durability: Durability): Promise<RedisStore> {
  const store = new RedisStore({ target: { url }, times: TIMES, mirrorMs: 60_000, durability })
  await store.start()
  return store
}

const append = (store: RedisStore, id: string) =>
  store.append({
    conversation: C,
    limits: { ...LIMITS, maxSize: 500 },
    newBatchId: `b_${id}` as BatchId,
    messages: [{ idHash: hashOf(id), payload: payloadOf(id), idleMs: 600_000, quiet: false }],
  })

async function refusalOf(call: Promise<unknown>): Promise<string> {
  const startedAt = performance.now()
  const error = await call.then(
    () => assert.fail('it was taken'),
    (refusal: unknown) => refusal,
  )
  assert.ok(performance.now() - startedAt < ANSWER_MS, 'in time')
  assert.ok(error instanceof RapidFireError, String(error))
  return error.code
}

/** A primary, and a replica that follows it on a way which can be held up. */
class Pair implements AsyncDisposable {
  readonly primary: RedisServer
  readonly replica: RedisServer
  readonly way: FaultyProxy

  private constructor(primary: RedisServer, replica: RedisServer, way: FaultyProxy) {
    this.primary = primary
    this.replica = replica
    this.way = way
  }

  static async start(): Promise<Pair> {
    const primary = await RedisServer.start(REPLICA)
    const way = await FaultyProxy.to(primary.port)
    const replica = await RedisServer.start([...REPLICA, '--replicaof', `127.0.0.1 ${way.port}`])
    const pair = new Pair(primary, replica, way)
    await pair.follows()
    return pair
  }

  /** Resolves when the replica has all that the primary has. */
  async follows(): Promise<void> {
    const client = this.primary.client()
    while (Number(await client.wait(1, 1000)) < 1) await wait(20)
    client.disconnect()
  }

  /** The primary dies, and its replica is the primary from now on. */
  async takeOver(): Promise<void> {
    await this.primary.down()
    const client = this.replica.client()
    await client.replicaof('NO', 'ONE')
    client.disconnect()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.way[Symbol.asyncDispose]()
    await this.replica.stop()
    await this.primary.stop()
  }
}

describe('REDIS_DURABILITY=replica', () => {
  it('accepts what a replica has, and finds a primary without one at its start', async () => {
    await using pair = await Pair.start()
    const store = await openStore(pair.primary.url, 'replica')
    assert.deepEqual(
      store.identity().findings.filter(({ code }) => code === 'redis_no_replica'),
      [],
    )
    assert.equal((await append(store, 'm1')).outcome, 'appended')
    await store.stop(new Deadline(1000))
    const alone = await openStore(
      pair.replica.url.replace(/\d+$/, String(pair.replica.port)),
      'primary',
    ).catch(() => null)
    assert.equal(alone, null, 'a replica takes no writes')
    await pair.takeOver()
    const lonely = await openStore(pair.replica.url, 'replica')
    assert.ok(lonely.identity().findings.some(({ code }) => code === 'redis_no_replica'))
    assert.deepEqual(await lonely.known(C, [hashOf('m1')], LIMITS.dedupeMs), [true])
    assert.equal(await refusalOf(append(lonely, 'm2')), 'store_unreplicated')
    assert.equal(await refusalOf(lonely.ping()), 'store_unreplicated')
    await lonely.stop(new Deadline(1000))
  })

  it('fault 39: what a frozen replica does not have is not accepted, and is there once when it goes on', async () => {
    await using pair = await Pair.start()
    const store = await openStore(pair.primary.url, 'replica')
    process.kill(pair.replica.pid, 'SIGSTOP')
    assert.equal(await refusalOf(append(store, 'm1')), 'store_unreplicated')
    process.kill(pair.replica.pid, 'SIGCONT')
    await pair.follows()
    const again = await append(store, 'm1')
    assert.ok(again.outcome === 'appended')
    assert.deepEqual([again.added, again.duplicates, again.size], [0, 1, 1])
    await store.stop(new Deadline(1000))
  })

  it('fault 38: a primary that is cut off from its replica accepts nothing, so the failover loses nothing', async () => {
    await using pair = await Pair.start()
    const [sure, plain] = [
      await openStore(pair.primary.url, 'replica'),
      await openStore(pair.primary.url, 'primary'),
    ]
    const accepted: string[] = []
    for (let n = 0; n < 50; n += 1) {
      await append(sure, `a${n}`)
      accepted.push(`a${n}`)
    }
    pair.way.shape('reply', { isHeld: true })
    assert.equal((await append(plain, 'p')).outcome, 'appended', 'without it, it is accepted')
    assert.equal(await refusalOf(append(sure, 'late')), 'store_unreplicated')
    await pair.takeOver()
    const after = await openStore(pair.replica.url, 'primary')
    const known = (ids: readonly string[]) => after.known(C, ids.map(hashOf), LIMITS.dedupeMs)
    assert.ok((await known(accepted)).every((isKnown) => isKnown))
    assert.deepEqual(await known(['p']), [false], 'the cut was one')
    for (const store of [sure, plain, after]) await store.stop(new Deadline(1000))
  })

  it('asks once for all that is written at the same moment', async () => {
    await using pair = await Pair.start()
    const store = await openStore(pair.primary.url, 'replica')
    await append(store, 'first')
    const client = pair.primary.client()
    const waits = async (): Promise<number> =>
      Number(/cmdstat_wait:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0)
    const before = await waits()
    await Promise.all(Array.from({ length: 100 }, (_, n) => append(store, `m${n}`)))
    const asked = (await waits()) - before
    assert.ok(asked > 0 && asked <= 50, `${asked} for 100`)
    client.disconnect()
    await store.stop(new Deadline(1000))
  })
})

describe('a primary that Sentinels know', () => {
  let sentinels: RedisSentinels
  before(async () => {
    sentinels = await RedisSentinels.start()
  })
  after(() => sentinels.stop())

  it('fault 37: wakes beside the new one, and what it did in its sleep was never accepted', async () => {
    const store = await openStore(sentinels.url, 'replica')
    const accepted: string[] = []
    const isOver = new AbortController()
    const writing = (async () => {
      for (let n = 0; !isOver.signal.aborted; n += 1) {
        const id = `m${n}`
        const taken = await append(store, id).catch((error: unknown) => {
          assert.ok(error instanceof RapidFireError && error.status === 503, String(error))
          return null
        })
        if (taken) accepted.push(id)
        await wait(taken ? 5 : 50)
      }
    })()
    const old = await sentinels.primary()
    while (accepted.length < 20) await wait(10)
    process.kill(old.pid, 'SIGSTOP')
    const { to } = await sentinels.replaced(old)
    const atTakeover = accepted.length
    while (accepted.length < atTakeover + 20) await wait(10)
    process.kill(old.pid, 'SIGCONT')
    await sentinels.isReplica(old)
    const atWaking = accepted.length
    while (accepted.length < atWaking + 20) await wait(10)
    isOver.abort()
    await writing
    assert.notEqual(to.port, old.port)
    const known = await store.known(C, accepted.map(hashOf), LIMITS.dedupeMs)
    assert.deepEqual(
      accepted.filter((_, i) => !known[i]),
      [],
    )
    await store.stop(new Deadline(1000))
  })
})
