/**
 * The spool under faults, on a real Redis that is refused, killed, frozen and brought back. The
 * clock is the test's, so windows end when it says so.
 */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { ConversationKey } from '../../src/message.ts'
import { type Answer, type House, P } from '../support/house.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { drained, SpoolStage } from '../support/spool-stage.ts'

const WINDOW_MS = 10_000

describe('the spool', () => {
  let stage: SpoolStage
  let redis: RedisServer
  beforeEach(async () => {
    stage = await SpoolStage.start()
    redis = stage.redis
  })
  afterEach(() => stage[Symbol.asyncDispose]())

  it('case 9: Redis is down: 200 with `spooled`, and one answer when it is back, however often it was sent', async () => {
    await using house = await stage.house()
    await redis.down()
    await house.events.until('store.away')
    const first = await house.say('Привет', { messageId: 'A1' })
    assert.equal(first.status, 200)
    assert.deepEqual([first.body.success, first.body.addedCount, first.body.spooled], [true, 0, 1])
    const again = await house.say('Привет', { messageId: 'A1' })
    assert.equal(again.status, 200)
    await redis.up()
    await drained(house)
    const late = await house.say('Привет', { messageId: 'A1' })
    assert.deepEqual([late.status, late.body.duplicates, late.body.spooled], [200, 1, undefined])
    await house.events.until('store.back')
    await house.advance(WINDOW_MS)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['Привет'])
    const { accepted, open } = await house.gateway.store.counts()
    assert.deepEqual({ accepted, open }, { accepted: 1, open: 0 })
  })

  it('case 9: Redis refuses writes: 200 with `spooled`, and with SPOOL=off 503 with Retry-After', async () => {
    await using house = await stage.house()
    await using without = await stage.house({ env: { SPOOL: 'off' } })
    const admin = redis.client()
    await admin.config('SET', 'maxmemory', '1')
    const spooled = await house.say('раз', { messageId: '1' })
    assert.deepEqual([spooled.status, spooled.body.spooled], [200, 1])
    const refused = await without.say('два', { messageId: '2' })
    assert.deepEqual([refused.status, refused.body.code], [503, 'store_full'])
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    await admin.config('SET', 'maxmemory', '0')
    admin.disconnect()
    await drained(house)
    assert.equal((await without.say('два', { messageId: '2' })).status, 200)
    const { payloads } = await house.gateway.store.conversation(P as ConversationKey)
    assert.equal(payloads.length, 2)
  })

  it('fault 26: a Redis that refuses is one line when it begins, for all roles of a process', async () => {
    await using house = await stage.house({ roles: ['api', 'processor'] })
    await house.say('раз')
    await house.advance(WINDOW_MS)
    await house.events.until('batch.handedOver')
    const admin = redis.client()
    await admin.config('SET', 'maxmemory', '1')
    // The turn is to be handed over again, which is refused at each look.
    house.clock.advance(30_100)
    for (let looks = 0; looks < 5; looks += 1) await house.looked()
    assert.equal((await house.say('два')).body.spooled, 1)
    assert.equal(house.events.all('store.refusing').length, 1)
    assert.deepEqual(house.events.all('internal.error'), [])
    await admin.config('SET', 'maxmemory', '0')
    admin.disconnect()
    await drained(house)
    await house.looked()
    await house.events.until('batch.reclaimed')
    assert.equal(house.events.all('store.taking').length, 1)
  })

  it('case 47: a direct message is queued too, and due at once when Redis is back', async () => {
    await using house = await stage.house()
    await redis.down()
    await house.events.until('store.away')
    const direct = await house.signed('POST', '/webhook/whatsapp', { from: P, message: 'Привет' })
    assert.deepEqual([direct.status, direct.body.queued, direct.body.jobId], [200, true, null])
    await redis.up()
    await drained(house)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['Привет'])
  })

  it('fault 20: a Redis that says nothing costs a call SPOOL_AFTER once, and the next ones nothing', async () => {
    await using house = await stage.house({ roles: ['api'] })
    process.kill(redis.pid, 'SIGSTOP')
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((text, n) =>
        house.say(text, { messageId: text, from: `7900123456${n}` }),
      ),
    )
    const later = await house.say('d', { messageId: 'd' })
    assert.deepEqual(
      [...answers, later].map(({ status, body }) => [status, body.spooled]),
      Array.from({ length: 4 }, () => [200, 1]),
    )
    assert.ok(Number(later.body.processingTime) < 300, 'it waited for a store known to be away')
    process.kill(redis.pid, 'SIGCONT')
    await drained(house)
    // The appends that were under way when it froze may have run as well.
    assert.equal((await house.gateway.store.counts()).accepted, 4)
  })

  it('keeps the order of a conversation: what comes behind spooled messages is spooled too', async () => {
    await using house = await stage.house()
    await redis.down()
    await house.events.until('store.away')
    for (const text of ['раз', 'два', 'три']) await house.say(text)
    await redis.up()
    // Whether the drain has them by now or not, these are behind.
    for (const text of ['четыре', 'пять']) assert.equal((await house.say(text)).status, 200)
    await drained(house)
    await house.events.until('store.back')
    await house.advance(WINDOW_MS)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['раз два три четыре пять'])
  })

  it('keeps the order of a conversation that cannot be brought in for a while', async () => {
    await using house = await stage.house()
    const { redis: admin } = house
    await admin.set(`rf:c:${P}`, 'foreign')
    await redis.down()
    await house.events.until('store.away')
    assert.equal((await house.say('раз')).body.spooled, 1)
    await redis.up()
    const other = (): Promise<Answer> => house.post({ from: '79007654321', message: 'и я' })
    while ((await other()).body.spooled !== undefined);
    await admin.del(`rf:c:${P}`)
    assert.equal((await house.say('два')).status, 200)
    await drained(house)
    await house.advance(WINDOW_MS)
    await house.events.until('turn.answered', 2)
    assert.deepEqual(house.replies(P), ['раз два'])
  })

  it('brings in edits, revokes and own messages of a provider in their place', async () => {
    await using house = await stage.house({ env: { WAHA_HMAC_KEY: WAHA_KEY, TAKEOVER_TTL: '60' } })
    const waha = (event: string, payload: object) => postWaha(house, event, payload)
    await redis.down()
    await house.events.until('store.away')
    const told = [
      await waha('message', wahaText('A1', 'Есть место?')),
      await waha('message', wahaText('A2', 'завтра')),
      await waha('message', wahaText('A3', 'не надо')),
      await waha('message.edited', { ...wahaText('A4', 'послезавтра'), editedMessageId: 'A2' }),
      await waha('message.revoked', { before: wahaText('A3', 'не надо'), revokedMessageId: 'A3' }),
    ]
    assert.deepEqual(
      told.map(({ status, body }) => [status, body.spooled]),
      Array.from({ length: 5 }, () => [200, 1]),
    )
    await redis.up()
    await drained(house)
    const conversation = `default:waha:${P}` as ConversationKey
    const { payloads } = await house.gateway.store.conversation(conversation)
    const words = payloads.map((payload) => (JSON.parse(payload) as { message: string }).message)
    assert.deepEqual(words, ['Есть место?', 'послезавтра'])
    await redis.down()
    await house.events.until('store.away', 2)
    const own = { fromMe: true, from: '74950000001@c.us', to: `${P}@c.us` }
    assert.equal((await waha('message.any', wahaText('B1', 'Есть!', own))).body.spooled, 1)
    await redis.up()
    await drained(house, 2)
    const { open, hold } = await house.gateway.store.conversation(conversation)
    assert.deepEqual([open, hold?.why], [null, 'human'])
  })

  it('fault 54: a long spool comes in whole, each conversation in its order, beside fresh traffic', async () => {
    await using house = await stage.house({ roles: ['api'] })
    await redis.down()
    await house.events.until('store.away')
    const people = Array.from({ length: 50 }, (_, n) => `7900${1_000_000 + n}`)
    for (let n = 0; n < 40; n += 1) {
      const messages = people.map((from) => ({ from, body: `${n}`, id: `${n}` }))
      assert.equal((await house.post({ messages })).body.spooled, 50)
    }
    await redis.up()
    const fresh = await house.say('свежее')
    assert.equal(fresh.status, 200)
    await drained(house)
    for (const person of people) {
      const { payloads } = await house.gateway.store.conversation(person as ConversationKey)
      assert.deepEqual(
        payloads.map((payload) => JSON.parse(payload).message),
        Array.from({ length: 40 }, (_, n) => `${n}`),
      )
    }
  })

  it('is bounded: beyond its limits calls get 503, and what fits is kept', async () => {
    await using house = await stage.house({ roles: ['api'], env: { SPOOL_MAX_MESSAGES: '3' } })
    await redis.down()
    await house.events.until('store.away')
    for (const text of ['1', '2', '3']) assert.equal((await house.say(text)).status, 200)
    const full = await house.say('4')
    assert.deepEqual([full.status, full.body.code], [503, 'spool_full'])
    assert.ok(Number(full.headers.get('retry-after')) > 0)
    const ready = await house.request('GET', '/ready')
    assert.equal(ready.status, 503)
    await redis.up()
    await drained(house)
    assert.equal((await house.say('4')).status, 200)
    assert.equal((await house.gateway.store.counts()).accepted, 4)
  })

  it('says in /ready and /health what is in it, and a load balancer goes on sending', async () => {
    await using house = await stage.house({ roles: ['api'] })
    await redis.down()
    await house.events.until('store.away')
    await house.say('раз')
    const ready = await house.request('GET', '/ready')
    assert.equal(ready.status, 200)
    const { messages, setAside } = ready.body.spool as Record<string, unknown>
    assert.deepEqual([messages, setAside], [1, 0])
    assert.match(String((ready.body.problems as string[])[0]), /messages go to the spool/)
    const health = await house.request('GET', '/health')
    assert.equal(health.status, 503)
    assert.equal((health.body.spool as Record<string, unknown>).messages, 1)
  })

  it('what can never be stored is set aside, and tried again with the settings of the next start', async () => {
    const config = 'export default { tenants: { salon: {} } }'
    await using house = await stage.house({ roles: ['api'], config })
    await redis.down()
    await house.events.until('store.away')
    await house.post({ companyId: 'salon', messages: [{ from: P, body: 'раз' }] })
    await house.gateway.stop()
    await redis.up()
    writeFileSync(join(house.dir, 'rapid-fire.config.ts'), 'export default {}')
    {
      await using next = await stage.house({ beside: house, roles: ['api'] })
      const [aside] = await next.events.until('spool.setAside')
      assert.equal(aside?.code, 'unknown_tenant')
    }
    await using last = await stage.house({ beside: house, roles: ['api'], config })
    await drained(last)
    assert.equal((await last.gateway.store.counts()).accepted, 1)
  })
})

const WAHA_KEY = 'waha-key-of-the-spool'

function postWaha(house: House, event: string, payload: object) {
  const raw = JSON.stringify({
    ...{ id: 'evt_1', timestamp: house.now(), event, session: 'default', payload },
    me: { id: '74950000001@c.us' },
  })
  const hmac = createHmac('sha512', WAHA_KEY).update(raw).digest('hex')
  return house.request('POST', '/webhook/waha', raw, { 'x-webhook-hmac': hmac })
}

function wahaText(hex: string, body: string, more: object = {}): object {
  return {
    ...{ id: `false_${P}@c.us_${hex}`, timestamp: 1_795_000_000, from: `${P}@c.us` },
    ...{ to: '74950000001@c.us', fromMe: false, source: 'app', body, hasMedia: false },
    ...more,
  }
}
