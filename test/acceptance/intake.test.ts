import assert from 'node:assert/strict'
import { acceptance, acceptanceCase, NO_WORKER } from '../support/acceptance.ts'
import { type House, P } from '../support/house.ts'

/** Everything that a call may have left: counts, open batches, and on Redis the keys themselves. */
async function trace(house: House): Promise<unknown> {
  const { store } = house.gateway
  const keys = house.redisUrl ? (await house.redis.keys('*')).filter(isAboutPeople).sort() : []
  return {
    counts: await store.counts(),
    pending: await store.pending({ offset: 0, limit: 10 }),
    keys,
  }
}
const isAboutPeople = (key: string): boolean => /^(rapid-fire|last-msg|rf:[cibm]):/.test(key)

acceptance('intake', () => {
  acceptanceCase(
    1,
    'a message is one list element, a mirror with a TTL, and no job',
    {
      engines: ['redis'],
    },
    async (house) => {
      const answer = await house.post({
        from: P,
        message: 'Привет',
        messageId: 'A1',
        timestamp: 1_753_270_000_000,
      })
      assert.equal(answer.status, 200)
      assert.equal(answer.body.success, true)
      assert.equal(answer.body.message, 'Messages added to batch')
      assert.equal(answer.body.addedCount, 1)
      assert.equal(typeof answer.body.processingTime, 'number')
      assert.equal(await house.redis.llen(`rapid-fire:${P}`), 1)
      assert.equal(Number(await house.redis.get(`last-msg:${P}`)), house.clock.now())
      assert.ok((await house.redis.pttl(`last-msg:${P}`)) > 0)
      assert.equal(await house.redis.pttl(`rapid-fire:${P}`), -1)
      assert.deepEqual(await house.jobs(), [])
      const element = JSON.parse((await house.redis.lindex(`rapid-fire:${P}`, 0)) ?? '')
      assert.equal(element.message, 'Привет')
      assert.equal(element.metadata.messageId, 'A1')
      assert.equal(element.metadata.timestamp, 1_753_270_000_000)
      assert.equal(element.metadata.originalWebhook, 'whatsapp-batched')
    },
  )

  acceptanceCase(
    2,
    'a second message moves the mirror forward and renews its TTL',
    {
      engines: ['redis'],
    },
    async (house) => {
      await house.say('Привет')
      const first = Number(await house.redis.get(`last-msg:${P}`))
      await house.redis.pexpire(`last-msg:${P}`, 5000)
      house.clock.advance(1000)
      await house.say('можно')
      assert.equal(await house.redis.llen(`rapid-fire:${P}`), 2)
      assert.equal(Number(await house.redis.get(`last-msg:${P}`)), first + 1000)
      assert.ok((await house.redis.pttl(`last-msg:${P}`)) > 50_000)
    },
  )

  acceptanceCase(
    3,
    'a call of several messages is sorted by person, for the tenant it names',
    { config: `export default { tenants: { '555': {} } }` },
    async (house) => {
      const answer = await house.post({
        companyId: 555,
        messages: [
          { from: '79001234567@c.us', body: 'Привет', messageId: 'a' },
          { from: '+79007654321', message: 'Здравствуйте' },
          { from: '79001234567', body: '' },
        ],
      })
      assert.equal(answer.status, 200)
      assert.equal(answer.body.addedCount, 2)
      await house.advance(10_100)
      const answered = await house.events.until('turn.answered', 2)
      assert.deepEqual(answered.map(({ conversation }) => conversation).sort(), [
        '555:79001234567',
        '555:79007654321',
      ])
      assert.deepEqual(house.replies().sort(), ['Здравствуйте', 'Привет'])
    },
  )

  acceptanceCase(4, 'an id in a call of several messages keeps a repeat out', {}, async (house) => {
    const call = { messages: [{ id: 'X7', from: P, body: 'да' }] }
    await house.post(call)
    house.clock.advance(10)
    const again = await house.post(call)
    assert.equal(again.body.success, true)
    assert.equal(again.body.addedCount, 0)
    assert.equal(again.body.duplicates, 1)
    await house.advance(10_100)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['да'])
  })

  acceptanceCase(
    4,
    'an id in a call of several messages is in the job',
    NO_WORKER,
    async (house) => {
      await house.post({ messages: [{ id: 'X7', from: P, body: 'да' }] })
      await house.advance(10_100)
      await house.events.until('batch.handedOver')
      const [job] = await house.jobs(P)
      assert.ok(job)
      assert.equal((job.metadata as { messageId: string }).messageId, 'X7')
    },
  )

  acceptanceCase(
    5,
    'what is no message is refused by name and leaves nothing',
    {},
    async (house) => {
      const before = await trace(house)
      for (const body of [{}, { from: P }, { from: P, message: '' }, [1]]) {
        const answer = await house.post(body)
        assert.equal(answer.status, 400, JSON.stringify(body))
        assert.equal(answer.body.error, 'Invalid request format')
        assert.equal(answer.body.success, false)
      }
      const empty = await house.post({ messages: [] })
      assert.equal(empty.status, 400)
      assert.equal(empty.body.error, 'Missing required fields')
      const path = '/webhook/whatsapp/batched'
      const broken = await house.request(
        'POST',
        path,
        '{"from":',
        house.headersFor('POST', path, '{"from":'),
      )
      assert.equal(broken.status, 400)
      assert.equal(broken.body.success, false)
      assert.deepEqual(await trace(house), before)
    },
  )

  acceptanceCase(6, 'a text that is no text, and no body at all, are 400', {}, async (house) => {
    const before = await trace(house)
    for (const message of [5, { a: 1 }, ['x'], true]) {
      const answer = await house.post({ from: P, message })
      assert.equal(answer.status, 400, JSON.stringify(message))
      assert.ok(answer.body.code)
    }
    const path = '/webhook/whatsapp/batched'
    const empty = await house.request('POST', path, '', house.headersFor('POST', path, ''))
    assert.equal(empty.status, 400)
    assert.deepEqual(await trace(house), before)
  })

  acceptanceCase(7, 'white space is not counted and never becomes a job', {}, async (house) => {
    const answer = await house.post({
      messages: [
        { from: P, body: ' \n\t ' },
        { from: P, body: 'да' },
      ],
    })
    assert.equal(answer.body.addedCount, 1)
    const alone = await house.say('   ')
    assert.equal(alone.status, 400)
    await house.advance(10_100)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['да'])
  })

  acceptanceCase(
    8,
    'senders that are nobody write no key and are never merged',
    {},
    async (house) => {
      const before = await trace(house)
      for (const from of ['+', 'abc', '12345', '120363025246125486@g.us', 'status@broadcast']) {
        const answer = await house.post({ from, message: 'Привет' })
        assert.equal(answer.status, 400, from)
        assert.ok(Array.isArray(answer.body.details), from)
      }
      assert.deepEqual(await trace(house), before)
      if (house.redisUrl) assert.equal(await house.redis.exists('rapid-fire:null'), 0)
    },
  )

  acceptanceCase(
    29,
    'a companyId that is unknown or no name is refused at intake',
    {},
    async (house) => {
      const before = await trace(house)
      for (const companyId of ['salon:7', '999', '', 'x'.repeat(65)]) {
        const answer = await house.post({ companyId, messages: [{ from: P, body: 'Привет' }] })
        assert.equal(answer.status, 400, companyId)
      }
      assert.deepEqual(await trace(house), before)
    },
  )
})
