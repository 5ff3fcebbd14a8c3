/** What a Cluster adds to a store and its queues, and what a death of one of its servers takes. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { callOptions } from '../../src/batching/redis/connection.ts'
import { keySlot } from '../../src/batching/redis/key-slot.ts'
import { RATE_PREFIX } from '../../src/batching/redis/keys.ts'
import { PartitionedStore } from '../../src/batching/redis/partitioned-store.ts'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { RapidFireError } from '../../src/errors.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Events } from '../../src/observability/events/events.ts'
import { PartitionedQueue } from '../../src/queue/partitioned-queue.ts'
import { openClient } from '../../src/redis-client.ts'
import { Deadline } from '../../src/service.ts'
import { RedisRateLimit } from '../../src/worker/rate/redis-rate-limit.ts'
import { caseRules } from '../backup/other-store.ts'
import { hashOf, LIMITS, payloadOf, TIMES } from '../conformance/store/scene.ts'
import { EventLog } from '../support/event-log.ts'
import { RedisCluster } from '../support/redis-cluster.ts'
import { RedisServer } from '../support/redis-server.ts'

const PARTITIONS = 8
const names = Array.from({ length: PARTITIONS }, (_, n) => `p${n}`)

function codeOf(error: unknown): string {
  assert.ok(error instanceof RapidFireError, String(error))
  return error.code
}

describe('on a Redis Cluster', () => {
  let cluster: RedisCluster
  before(async () => {
    cluster = await RedisCluster.start()
  })
  after(() => cluster.stop())

  async function openStore(events = new Events()): Promise<PartitionedStore> {
    const target = { url: cluster.url }
    const rules = caseRules(LIMITS.dedupeMs)
    const options = { target, times: TIMES, mirrorMs: 60_000, rules, events }
    const store = new PartitionedStore({ ...options, partitions: PARTITIONS })
    await store.start()
    return store
  }

  const append = (store: PartitionedStore, c: ConversationKey, id: string) =>
    store.append({
      conversation: c,
      limits: LIMITS,
      newBatchId: `b_${id}` as BatchId,
      messages: [{ idHash: hashOf(id), payload: payloadOf(id), idleMs: 600_000, quiet: false }],
    })

  /** A conversation of this partition. */
  function oneOf(store: PartitionedStore, partition: number): ConversationKey {
    for (let n = 79_000_000_000; ; n += 1) {
      const c = String(n) as ConversationKey
      if (store.partOf(c) === partition) return c
    }
  }

  it('a URL of one server is refused with the way out, and that of a Cluster on one server too', async () => {
    const port = cluster.servers[0]?.port
    const options = { times: TIMES, mirrorMs: 60_000 }
    const plain = new RedisStore({ target: { url: `redis://127.0.0.1:${port}` }, ...options })
    await assert.rejects(plain.start(), (error: unknown) => {
      assert.equal(codeOf(error), 'store_cluster')
      assert.match(String(error), /redis\+cluster:/)
      return true
    })
    await using server = await RedisServer.start()
    const target = { url: server.url.replace('redis:', 'redis+cluster:') }
    const rules = caseRules(LIMITS.dedupeMs)
    const spread = new PartitionedStore({ ...options, target, rules, partitions: 2 })
    await assert.rejects(spread.start(), (error: unknown) => {
      assert.equal(codeOf(error), 'store_unreachable')
      assert.match(String(error), /is no Redis Cluster: write redis:/)
      return true
    })
  })

  it('all partitions are on servers of it, and each server has some', async () => {
    const store = await openStore()
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      await append(store, oneOf(store, partition), `s${partition}`)
    }
    const keys = await cluster.keys()
    for (const name of names)
      assert.ok(
        keys.some((key) => key.includes(`{${name}}:c:`)),
        name,
      )
    const owners = await Promise.all(names.map((name) => cluster.primaryOf(keySlot(`{${name}}`))))
    assert.ok(new Set(owners).size > 1)
    assert.equal((await store.pending({ offset: 0, limit: 3 })).count, PARTITIONS)
    await store.stop(new Deadline(1000))
  })

  it('jobs of all partitions reach one worker, no more at a time than it has places', async () => {
    const events = new Events()
    const store = await openStore()
    const queue = new PartitionedQueue({
      ...{ url: cluster.url, queueName: 'suite', jobName: 'process-message', keepJobsS: 0, events },
      partitions: names,
      partOf: (c) => store.partOf(c),
    })
    await queue.start()
    const taken = new Set<string>()
    let [running, most] = [0, 0]
    const all = Promise.withResolvers<void>()
    const jobs = Array.from({ length: 40 }, (_, n) => ({
      batchId: `b_${n}` as BatchId,
      attempt: 1,
      conversation: oneOf(store, n % PARTITIONS),
      priority: 1,
      data: {},
    }))
    await queue.add(jobs)
    assert.deepEqual(await queue.depth(), { waiting: 40, active: 0 })
    const handler = async ({ batchId }: { batchId: BatchId }): Promise<void> => {
      running += 1
      most = Math.max(most, running)
      await wait(5)
      running -= 1
      taken.add(batchId)
      if (taken.size === jobs.length) all.resolve()
    }
    await queue.work(handler, 3)
    await all.promise
    assert.equal(most, 3)
    await queue.stop(new Deadline(3000))
    await store.stop(new Deadline(1000))
  })

  it('limits per minute hold over all workers', async () => {
    const limitOf = async () => {
      const client = openClient({ url: cluster.url }, callOptions())
      const limit = new RedisRateLimit({
        client,
        prefix: RATE_PREFIX,
        onAway: (error) => assert.fail(String(error)),
      })
      await limit.start()
      return limit
    }
    const [one, other] = [await limitOf(), await limitOf()]
    assert.deepEqual([await one.take('a', 2), await other.take('a', 2)], [0, 0])
    await other.giveBack('a', 2)
    assert.equal(await one.take('a', 2), 0)
    assert.ok((await other.take('a', 2)) > 0)
    assert.equal(await one.take('b', 2), 0)
    for (const limit of [one, other]) await limit.stop()
  })

  it('fault 40: a primary is killed, and what is on the others is taken all the time', async () => {
    const events = new Events()
    const log = new EventLog(events)
    const store = await openStore(events)
    const server = await cluster.primaryOf(keySlot('{p0}'))
    const owners = await Promise.all(names.map((name) => cluster.primaryOf(keySlot(`{${name}}`))))
    const there = names.flatMap((_, n) => (owners[n] === server ? [oneOf(store, n)] : []))
    const elsewhere = names.flatMap((_, n) => (owners[n] === server ? [] : [oneOf(store, n)]))
    let isOver = false
    let count = 0
    const writing = (async () => {
      for (; !isOver; count += 1) {
        await append(store, elsewhere[count % elsewhere.length] as ConversationKey, `e${count}`)
        await wait(5)
      }
    })()
    const accepted: string[] = []
    for (let n = 0; n < 20; n += 1) {
      await append(store, there[0] as ConversationKey, `t${n}`)
      accepted.push(`t${n}`)
    }
    await server.down()
    const before = count
    const refusals = await Promise.all(there.map((c) => append(store, c, 'x').catch(codeOf)))
    assert.deepEqual(new Set(refusals), new Set(['store_away']))
    await log.until('store.away', there.length)
    await cluster.replaced(server)
    const meanwhile = count - before
    await log.until('store.back', there.length)
    isOver = true
    await writing
    // Those that wait for the one that is gone take more than a second each.
    assert.ok(meanwhile > 20, `${meanwhile} were written meanwhile`)
    const known = await store.known(
      there[0] as ConversationKey,
      accepted.map(hashOf),
      LIMITS.dedupeMs,
    )
    assert.ok(known.every((isKnown) => isKnown))
    await cluster.back(server)
    await store.stop(new Deadline(1000))
  })

  it('fault 41: a slot is moved, and what was accepted is where it belongs', async () => {
    const store = await openStore()
    const c = oneOf(store, 1)
    const accepted: string[] = []
    let isOver = false
    const writing = (async () => {
      for (let n = 0; !isOver; n += 1) {
        const taken = await append(store, c, `v${n}`).catch((error: unknown) => {
          assert.equal(codeOf(error), 'store_away', String(error))
          return null
        })
        if (taken) accepted.push(`v${n}`)
        await wait(2)
      }
    })()
    while (accepted.length < 20) await wait(5)
    const { from, to, keys } = await cluster.moveSlot(keySlot('{p1}'))
    const before = accepted.length
    while (accepted.length < before + 20) await wait(5)
    isOver = true
    await writing
    assert.ok(from !== to && keys > 0)
    assert.equal(await cluster.primaryOf(keySlot('{p1}')), to)
    const known = await store.known(c, accepted.map(hashOf), LIMITS.dedupeMs)
    assert.deepEqual(
      accepted.filter((_, i) => !known[i]),
      [],
    )
    await store.stop(new Deadline(1000))
  })
})
