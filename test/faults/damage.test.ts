/**
 * What somebody's hand does to the keys of Redis, met by the service at work: people are answered,
 * and it says what it mended.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { HttpOperator } from '../../src/cli/http-operator.ts'
import { repairAll } from '../../src/operations/doctor.ts'
import { House, P, stopSharedRedis } from '../support/house.ts'
import { examined } from '../support/mending-store.ts'

const OTHER = '79007654321'
const REDIS = { engine: 'redis' } as const

/** Nothing is left to find, and the counts are those of what is there. */
async function sound(house: House): Promise<void> {
  assert.deepEqual(await examined(house.gateway.store), [])
  const n = await house.gateway.store.counts()
  assert.equal(n.accepted, n.answered + n.failed + n.discarded + n.revoked + n.open)
}

const repaired = (house: House): string[] =>
  house.events.all('store.repaired').map(({ what }) => what)

describe('damage that the running path meets', () => {
  after(stopSharedRedis)

  it('case 36: what is kept of the batch is deleted: answered a wait after that is noticed', async () => {
    await using house = await House.start(REDIS)
    await house.say('раз')
    await house.say('два')
    await house.redis.del(`rf:c:${P}`, `last-msg:${P}`)
    await house.advance(10_100)
    await house.events.until('store.repaired')
    await house.advance(10_100)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['раз два'])
    assert.deepEqual(repaired(house), ['list_without_deadline'])
    assert.equal((await house.gateway.store.counts()).accepted, 2)
    await sound(house)
  })

  it('case 36: the entry of the batch is deleted: the next message brings it back', async () => {
    await using house = await House.start(REDIS)
    await house.say('раз')
    await house.redis.del('rf:open')
    await house.advance(10_100)
    await house.say('два')
    await house.looked()
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['раз два'])
    await sound(house)
  })

  for (const [what, keys, told] of [
    ['the entry of the batch', ['rf:open'], 'store.repaired'],
    ['all that is kept of the batch', ['rf:open', `rf:c:${P}`], 'batches.adopted'],
  ] as const) {
    it(`case 36: ${what} is deleted: a processor that starts finds the list`, async () => {
      await using before = await House.start({ ...REDIS, roles: ['api'] })
      await before.say('Привет')
      await before.redis.del(...keys)
      const roles = ['processor', 'worker'] as const
      await using house = await House.start({ ...REDIS, beside: before, roles })
      await house.events.until(told)
      await house.advance(10_100)
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['Привет'])
    })
  }

  it('a deadline that is no number any more', async () => {
    await using house = await House.start(REDIS)
    await house.say('Привет')
    await house.redis.hset(`rf:c:${P}`, 'due', 'tomorrow')
    await house.advance(10_100)
    await house.events.until('store.repaired')
    await house.advance(10_100)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['Привет'])
    assert.deepEqual(repaired(house), ['window_damaged'])
    await sound(house)
  })

  it('case 40: a turn in which nothing can be read is kept as failed, and the next one is answered', async () => {
    await using house = await House.start(REDIS)
    await house.say('Привет')
    await house.redis.lset(`rapid-fire:${P}`, '0', '{"message":"Прив')
    await house.advance(10_100)
    await house.events.until('message.unreadable')
    await house.say('Ау?')
    await house.advance(10_100)
    await house.events.until('reply.printed', 1, ({ part }) => part.text === 'Ау?')
    const { batches } = await house.gateway.store.failed({ offset: 0, limit: 10 })
    assert.deepEqual(
      batches.map(({ reason, size }) => [reason, size]),
      [['unreadable', 1]],
    )
    await sound(house)
  })

  it('a turn that nobody would look at again: the next message of the person brings it back', async () => {
    await using house = await House.start({ ...REDIS, roles: ['api', 'processor'] })
    await house.say('Привет')
    await house.advance(10_100)
    await house.events.until('batch.handedOver')
    await house.redis.del('rf:turns')
    await house.say('Ау?')
    await house.advance(60_100)
    await house.events.until('batch.reclaimed')
    assert.equal(await house.redis.zcard('rf:turns'), 1)
    await sound(house)
  })

  it('a turn whose record is deleted is kept as failed, and what came meanwhile is answered', async () => {
    await using house = await House.start({ ...REDIS, roles: ['api', 'processor'] })
    await house.say('Привет')
    await house.advance(10_100)
    const [sealed] = await house.events.until('batch.handedOver')
    await house.say('Ау?')
    await house.redis.del(`rf:b:${sealed?.batchId}`)
    await house.advance(60_100)
    await house.events.until('store.repaired')
    assert.deepEqual(repaired(house), ['record_lost'])
    assert.equal(house.events.all('store.repaired')[0]?.conversation, P)
    await house.advance(10_100)
    await house.events.until('batch.handedOver', 2)
    const { batches } = await house.gateway.store.failed({ offset: 0, limit: 10 })
    assert.deepEqual(
      batches.map(({ reason, size, conversation }) => [reason, size, conversation]),
      [['record_lost', 1, P]],
    )
    await sound(house)
  })

  it('a turn whose record cannot be calculated with is kept as failed', async () => {
    await using house = await House.start({ ...REDIS, roles: ['api', 'processor'] })
    await house.say('Привет')
    await house.advance(10_100)
    const [sealed] = await house.events.until('batch.handedOver')
    await house.redis.hset(`rf:b:${sealed?.batchId}`, 'attempt', 'first')
    await house.advance(60_100)
    await house.events.until('store.repaired')
    assert.deepEqual(repaired(house), ['record_damaged'])
    await sound(house)
  })

  it('a turn that its conversation does not know of any more: one is answered after the other', async () => {
    await using house = await House.start({ ...REDIS, roles: ['api', 'processor'] })
    await house.say('раз')
    await house.advance(10_100)
    const [sealed] = await house.events.until('batch.handedOver')
    await house.redis.hdel(`rf:c:${P}`, 'turn')
    await house.say('два')
    assert.ok(sealed)
    const begun = await house.gateway.store.begin(sealed)
    assert.equal(begun.outcome, 'go')
    await house.advance(10_100)
    assert.equal((await house.gateway.store.conversation(P as never)).payloads.length, 1)
    assert.equal(house.events.all('batch.sealed').length, 1)
    await sound(house)
  })

  it('a turn whose messages another program deleted is answered by nobody, and the next one is', async () => {
    await using house = await House.start({ ...REDIS, roles: ['api', 'processor'] })
    await house.say('Привет')
    await house.advance(10_100)
    const [sealed] = await house.events.until('batch.handedOver')
    await house.redis.del(`rf:m:${sealed?.batchId}`)
    await house.say('Ау?')
    await house.advance(60_100)
    await house.events.until('store.repaired')
    assert.deepEqual(repaired(house), ['turn_empty'])
    await house.advance(10_100)
    await house.events.until('batch.handedOver', 2)
    await sound(house)
  })

  it('messages that another program deleted are counted as discarded', async () => {
    await using house = await House.start(REDIS)
    await house.say('Привет')
    await house.redis.del(`rapid-fire:${P}`)
    await house.advance(10_100)
    assert.deepEqual((await house.gateway.store.counts()).discarded, 1)
    await sound(house)
  })

  it('fault 33: one of 1 000 has a foreign type: the others are answered, it is named, mended and answered', async () => {
    await using house = await House.start(REDIS)
    const phones = Array.from({ length: 999 }, (_, n) => String(79_000_000_000 + n))
    await house.say('Привет')
    for (let from = 0; from < phones.length; from += 500) {
      const some = phones.slice(from, from + 500)
      await house.post({ messages: some.map((phone) => ({ from: phone, body: phone })) })
    }
    await house.redis.del(`rf:c:${P}`)
    await house.redis.set(`rf:c:${P}`, 'foreign')
    assert.equal((await house.post({ from: OTHER, message: 'и я' })).status, 200)
    assert.equal((await house.say('Ау?')).status, 503)
    await house.advance(10_100)
    await house.events.until('turn.answered', 1000)
    assert.equal(new Set(house.replies()).size, 1000)
    const found = await examined(house.gateway.store)
    assert.deepEqual(
      found.map(({ code, repair }) => [code, repair]),
      [['foreign_type', { kind: 'key', key: `rf:c:${P}` }]],
    )
    const token = house.token.authorization?.slice('Bearer '.length) ?? ''
    const operator = new HttpOperator({ url: house.gateway.url ?? '', token })
    const left = await repairAll(found, { operator, onProgress: () => {} }, () => {})
    // What this Redis risks by its settings is none of the damage.
    const damage = left.filter(({ code }) => !code.startsWith('redis_'))
    assert.deepEqual(damage, [])
    assert.equal(repaired(house)[0], 'foreign_type')
    await house.advance(10_100)
    await house.events.until('turn.answered', 1001)
    assert.deepEqual(house.replies(P), ['Привет'])
    await sound(house)
  })
})

describe('damage that the running path meets in a file', () => {
  for (const [what, sql, codes, replies] of [
    [
      'a window that is not whole',
      "UPDATE batch SET idle_ms = NULL, due_at = 0, wake_at = 0 WHERE state = 'open'",
      ['window_damaged'],
      ['раз два'],
    ],
    [
      'a batch with fewer messages than it counts',
      "UPDATE batch SET due_at = 0, wake_at = 0; DELETE FROM message WHERE body LIKE '%раз%'",
      ['size_wrong'],
      ['два'],
    ],
    [
      'an open batch whose messages are gone',
      'UPDATE batch SET due_at = 0, wake_at = 0; DELETE FROM message',
      ['batch_without_list'],
      [],
    ],
  ] as const) {
    it(`${what}`, async () => {
      await using before = await House.start({ engine: 'sqlite' })
      await before.say('раз')
      await before.say('два')
      await before.gateway.stop()
      const file = new DatabaseSync(join(before.dir, 'data/rapid-fire.db'))
      file.exec(sql)
      file.close()
      await using house = await House.start({ engine: 'sqlite', beside: before })
      await house.advance(10_100)
      await house.advance(10_100)
      await house.events.until('store.repaired')
      if (replies.length > 0) await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), replies)
      assert.deepEqual(repaired(house), codes)
      await sound(house)
    })
  }
})
