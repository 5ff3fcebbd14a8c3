import assert from 'node:assert/strict'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Deadline } from '../../src/service.ts'
import { hashOf, LIMITS, payloadOf, TIMES } from '../conformance/store/scene.ts'
import { acceptance, acceptanceCase, NO_WORKER } from '../support/acceptance.ts'
import { House, P } from '../support/house.ts'

/** `n` other people with an open batch that is not due for a long time, straight into the store. */
async function others(house: House, n: number): Promise<void> {
  const store = new RedisStore({
    target: { url: house.redisUrl ?? '' },
    times: { ...TIMES, maxPending: 1_000_000, openHorizonMs: 3_600_000 },
    mirrorMs: 60_000,
    clock: () => house.now(),
  })
  await store.start()
  for (let from = 0; from < n; from += 2000) {
    await Promise.all(
      Array.from({ length: Math.min(2000, n - from) }, (_, i) =>
        store.append({
          conversation: String(78_000_000_000 + from + i) as ConversationKey,
          messages: [
            { idHash: hashOf('a'), payload: payloadOf('a'), idleMs: 3_000_000, quiet: false },
          ],
          limits: { ...LIMITS, ageMs: 3_600_000 },
          newBatchId: `b_${from + i}` as BatchId,
        }),
      ),
    )
  }
  await store.stop(new Deadline(1000))
}

/** `n` turns that the queue has taken, as they stand in the store. */
async function onTheQueue(house: House, n: number): Promise<void> {
  for (let from = 0; from < n; from += 5000) {
    const pipeline = house.redis.pipeline()
    for (let i = from; i < from + 5000; i += 1) {
      pipeline.zadd('rf:turns', i, `b_turn${i}`)
      pipeline.hset(`rf:b:b_turn${i}`, { state: 'queued', c: `7${i}`, size: 1, parts: '[]' })
    }
    await pipeline.exec()
  }
}

async function commandsFor(house: House, work: () => Promise<unknown>): Promise<number> {
  const total = async (): Promise<number> =>
    Number(/total_commands_processed:(\d+)/.exec(await house.redis.info('stats'))?.[1])
  const before = await total()
  await work()
  // One of them is the INFO of the count itself.
  return (await total()) - before - 1
}

const API_ONLY = {
  engines: ['redis'],
  roles: ['api'],
  env: { DEFAULT_TTL: '3600', BATCH_TIMEOUT: '600000', MAX_BATCH_SIZE: '500' },
} as const

acceptance('scale', () => {
  acceptanceCase(
    41,
    'a message costs the same commands beside 10 000 and 100 000 other people, and never KEYS',
    API_ONLY,
    async (house) => {
      const perMessage = async (): Promise<number> => {
        const counts: number[] = []
        for (let i = 0; i < 20; i += 1) {
          counts.push(await commandsFor(house, () => house.say(`${i} ${Math.random()}`)))
        }
        // The heartbeats of the role come in between.
        return Math.min(...counts)
      }
      await house.say('first')
      const alone = await perMessage()
      await others(house, 10_000)
      assert.equal(await perMessage(), alone)
      await others(house, 100_000)
      assert.equal(await perMessage(), alone)
      assert.doesNotMatch(await house.redis.info('commandstats'), /cmdstat_keys/)
    },
  )

  acceptanceCase(
    44,
    'statistics of 10 000 open batches come within 200 ms, the count exact',
    API_ONLY,
    async (house) => {
      await others(house, 10_000)
      const path = '/webhook/whatsapp/batched/stats'
      const tookMs: number[] = []
      let body: Record<string, unknown> = {}
      for (let n = 0; n < 5; n += 1) {
        const startedAt = performance.now()
        body = (await house.request('GET', path, undefined, house.token)).body
        tookMs.push(performance.now() - startedAt)
      }
      const { pendingBatches, batches } = body.stats as { pendingBatches: number; batches: [] }
      assert.deepEqual([pendingBatches, batches.length], [10_000, 100])
      assert.ok(Math.min(...tookMs) < 200, `${tookMs} ms`)
    },
  )

  acceptanceCase(
    44,
    'statistics cost the same commands with 10 and with 100 000 pending, on the queue as well',
    API_ONLY,
    async (house) => {
      const path = '/webhook/whatsapp/batched/stats?limit=10'
      const page = async (): Promise<{ pendingBatches: number; batches: unknown[] }> => {
        const { body } = await house.request('GET', path, undefined, house.token)
        return body.stats as { pendingBatches: number; batches: unknown[] }
      }
      const perCall = async (): Promise<number> => {
        const counts: number[] = []
        for (let n = 0; n < 10; n += 1) counts.push(await commandsFor(house, page))
        // The heartbeats of the role come in between.
        return Math.min(...counts)
      }
      await others(house, 10)
      const few = await perCall()
      await others(house, 100_000)
      assert.equal(await perCall(), few)
      assert.deepEqual(
        [(await page()).pendingBatches, (await page()).batches.length],
        [100_000, 10],
      )

      // Turns that a queue has, none that still has to be taken.
      await house.redis.del('rf:open')
      await onTheQueue(house, 100_000)
      assert.ok((await perCall()) < few)
      assert.deepEqual(await page(), { ...(await page()), pendingBatches: 0, batches: [] })
      // One to be taken, which is looked for among so many and no more.
      await house.redis.hset('rf:n', 'sealed', 1)
      assert.ok((await perCall()) < 2500)
      assert.equal((await page()).pendingBatches, 1)
    },
  )

  for (const pending of [0, 10_000]) {
    acceptanceCase(
      43,
      `with ${pending} others pending no batch is sealed a second late`,
      {
        ...NO_WORKER,
        realTime: true,
        env: { BATCH_TIMEOUT: '300', CHECK_INTERVAL: '1000', DEFAULT_TTL: '3600' },
      },
      async (house) => {
        await others(house, pending)
        for (let n = 0; n < 200; n += 1) {
          await house.post({ from: String(79_000_000_000 + n), message: 'Привет' })
        }
        const sealed = await house.events.until('batch.sealed', 200)
        const late = sealed.map(({ latenessMs }) => latenessMs).sort((a, b) => a - b)
        assert.ok((late[100] ?? 0) <= 500, `half of them later than ${late[100]} ms`)
        assert.ok((late.at(-1) ?? 0) <= 1000, `one ${late.at(-1)} ms late`)
      },
    )
  }

  acceptanceCase(
    35,
    '100 batches outlive a processor that is down for longer than anything lives',
    { engines: ['redis'], roles: ['api'] },
    async (house) => {
      for (let n = 0; n < 100; n += 1) {
        await house.post({ from: String(79_000_000_000 + n), message: `от ${n}` })
      }
      const lists = await house.redis.keys('rapid-fire:*')
      assert.equal(lists.length, 100)
      for (const list of lists) assert.equal(await house.redis.ttl(list), -1)
      // What does have a TTL is gone by then.
      await house.redis.del(...(await house.redis.keys('last-msg:*')))
      house.clock.advance(7 * 24 * 3_600_000)
      await using processor = await House.start({
        engine: 'redis',
        beside: house,
        roles: ['processor'],
      })
      await processor.events.until('batch.handedOver', 100)
      const jobs = await house.jobs()
      assert.equal(new Set(jobs.map(({ from }) => from)).size, 100)
      assert.equal(jobs.length, 100)
    },
  )

  acceptanceCase(
    40,
    'an element that nobody can read is kept aside and counted, the others are delivered (fault 33)',
    { engines: ['redis'] },
    async (house) => {
      await house.say('раз')
      await house.redis.rpush(`rapid-fire:${P}`, '}{ not JSON')
      await house.say('два')
      await house.advance(10_100)
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['раз два'])
      const [unreadable] = house.events.all('message.unreadable')
      assert.equal(unreadable?.count, 1)
      const { body } = await house.request('GET', '/operator/failed', undefined, house.token)
      const batches = body.batches as { reason: string; size: number }[]
      assert.deepEqual(
        batches.map(({ reason, size }) => [reason, size]),
        [['unreadable', 1]],
      )
      const { accepted, answered, failed, open } = await house.gateway.store.counts()
      assert.equal(accepted, answered + failed + open)
      assert.equal(failed, 1)
    },
  )

  acceptanceCase(
    55,
    'two batches of one person that are ready together are answered in order',
    { env: { MAX_BATCH_SIZE: '2', WORKER_CONCURRENCY: '20' } },
    async (house) => {
      const texts = Array.from({ length: 12 }, (_, n) => `${n}`)
      for (const text of texts) await house.say(text)
      await house.advance(10_100)
      await house.events.until('turn.answered', 6)
      assert.deepEqual(house.replies(), ['0 1', '2 3', '4 5', '6 7', '8 9', '10 11'])
    },
  )
})
