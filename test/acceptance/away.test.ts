/** Acceptance: a store that refuses, is down, or takes only a part. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { acceptance, acceptanceCase, NO_WORKER } from '../support/acceptance.ts'
import { type Answer, House, P } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'

const BATCHED = '/webhook/whatsapp/batched'
const DIRECT = '/webhook/whatsapp'

/** A call that a bridge repeats as it is: the same bytes under the same signature. */
function callOf(house: House, path: string, payload: unknown): () => Promise<Answer> {
  const body = JSON.stringify(payload)
  const headers = house.headersFor('POST', path, body)
  return () => house.request('POST', path, body, headers)
}

function assertComeAgain({ status, headers, body }: Answer): void {
  assert.equal(status, 503)
  assert.ok(Number(headers.get('retry-after')) > 0)
  assert.equal(body.success, false)
  assert.equal(body.queued, undefined)
}

async function untilTaken(call: () => Promise<Answer>): Promise<Answer> {
  const startedAt = performance.now()
  for (;;) {
    const answer = await call()
    if (answer.status === 200) return answer
    assert.ok(performance.now() - startedAt < 5000, 'nothing is taken')
  }
}

/** The messages of three people in one call, and the keys of the last one, which are made unusable. */
const THREE = ['79001234561', '79001234562', '79001234563'] as const
const CALL_OF_THREE = {
  messages: THREE.map((from) => ({ id: `of ${from}`, from, body: `от ${from}` })),
}
const SPOILED = `rf:c:${THREE[2]}`

acceptance('a store that is away', () => {
  acceptanceCase(
    9,
    'without a spool a full store is 503 with Retry-After, and the repeats are one job',
    { ...NO_WORKER, env: { SPOOL: 'off' } },
    async (house) => {
      const call = callOf(house, BATCHED, { from: P, message: 'Привет', messageId: 'once' })
      const direct = callOf(house, DIRECT, { from: '79007654321', message: 'Сейчас' })
      await house.redis.config('SET', 'maxmemory', '1')
      try {
        assertComeAgain(await call())
        assertComeAgain(await direct())
      } finally {
        await house.redis.config('SET', 'maxmemory', '0')
      }
      for (const one of [call, direct]) {
        assert.equal((await one()).status, 200)
        assert.equal((await one()).body.duplicates, 1)
      }
      await house.advance(10_100)
      await house.events.until('batch.handedOver', 2)
      await house.looked()
      const jobs = await house.jobs()
      assert.deepEqual(jobs.map(({ message }) => message).sort(), ['Привет', 'Сейчас'])
    },
  )

  it('case 9 (redis): without a spool a store that is down is 503 with Retry-After, and the repeats are one answer', async () => {
    await using ends = new AsyncDisposableStack()
    const server = await RedisServer.start(['--appendonly', 'yes'])
    ends.defer(() => server.stop())
    const env = { REDIS_URL: server.url, SPOOL: 'off' }
    await using house = await House.start({ engine: 'redis', env })
    const call = callOf(house, BATCHED, { from: P, message: 'Привет', messageId: 'once' })
    await server.down()
    assertComeAgain(await call())
    await server.up()
    await untilTaken(call)
    assert.equal((await call()).body.duplicates, 1)
    await house.advance(10_100)
    await house.events.until('turn.answered')
    await house.looked()
    assert.deepEqual(house.replies(), ['Привет'])
  })

  acceptanceCase(
    11,
    'without a spool a call that is stored in part says how much, and its repeat doubles nothing',
    { ...NO_WORKER, env: { SPOOL: 'off' } },
    async (house) => {
      const call = callOf(house, BATCHED, CALL_OF_THREE)
      await house.redis.set(SPOILED, 'foreign')
      const first = await call()
      assertComeAgain(first)
      assert.equal(first.body.addedCount, 2)
      assert.deepEqual(first.body.details, [{ index: 2, code: 'store_damaged' }])
      await house.redis.del(SPOILED)
      const second = await call()
      assert.equal(second.status, 200)
      assert.deepEqual([second.body.addedCount, second.body.duplicates], [1, 2])
      await house.advance(10_100)
      await house.events.until('batch.handedOver', 3)
      await house.looked()
      const jobs = await house.jobs()
      assert.deepEqual(jobs.map(({ from }) => from).sort(), [...THREE])
      for (const { from, message } of jobs) assert.equal(message, `от ${from}`)
    },
  )

  it('case 11 (redis): with the spool what the store does not take of a call waits there, and its repeat doubles nothing', async () => {
    await using ends = new AsyncDisposableStack()
    const server = await RedisServer.start()
    ends.defer(() => server.stop())
    const admin = server.client()
    ends.defer(() => admin.disconnect())
    const env = { REDIS_URL: server.url }
    await using house = await House.start({ engine: 'redis', roles: ['api'], env })
    const call = callOf(house, BATCHED, CALL_OF_THREE)
    // No key of the third may be touched.
    await admin.acl('SETUSER', 'default', 'resetkeys', '~*[^3]')
    const { status, body } = await call()
    assert.deepEqual([status, body.addedCount, body.spooled], [200, 2, 1])
    await admin.acl('SETUSER', 'default', 'allkeys')
    await house.events.until('spool.drained')
    const again = await call()
    assert.deepEqual([again.status, again.body.addedCount, again.body.duplicates], [200, 0, 3])
    for (const from of THREE) {
      const [element, ...more] = await admin.lrange(`rapid-fire:${from}`, 0, -1)
      assert.deepEqual(more, [])
      assert.equal(JSON.parse(element ?? '{}').message, `от ${from}`)
    }
  })
})
