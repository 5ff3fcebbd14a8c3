import assert from 'node:assert/strict'
import { acceptance, acceptanceCase } from '../support/acceptance.ts'
import { P } from '../support/house.ts'

const BATCHED = '/webhook/whatsapp/batched'
const DIRECT = '/webhook/whatsapp'

acceptance('operations', () => {
  acceptanceCase(
    46,
    'a discard by any spelling drops the batch, and its ids stay known',
    {},
    async (house) => {
      await house.post({ from: '+79001234567', message: 'забудь', messageId: 'gone' })
      const path = `${BATCHED}/89001234567`
      const answer = await house.signed('DELETE', path)
      assert.equal(answer.status, 200)
      assert.equal(answer.body.message, 'Batch cleared for 89001234567')
      if (house.redisUrl)
        assert.equal(await house.redis.exists(`rapid-fire:${P}`, `last-msg:${P}`), 0)
      await house.advance(10_100)
      assert.deepEqual(house.replies(), [])
      const repeat = await house.post({ from: P, message: 'забудь', messageId: 'gone' })
      assert.equal(repeat.body.addedCount, 0)
      await house.say('новое')
      await house.advance(10_100)
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['новое'])
      const nothing = await house.signed('DELETE', path)
      assert.equal(nothing.status, 200)
      const { discarded } = await house.gateway.store.counts()
      assert.equal(discarded, 1)
    },
  )

  acceptanceCase(
    47,
    'a direct message is stored, answered at once, and leaves no batch',
    {},
    async (house) => {
      const answer = await house.signed('POST', DIRECT, {
        from: '79001234567@c.us',
        message: 'Привет',
      })
      assert.equal(answer.status, 200)
      assert.equal(answer.body.success, true)
      assert.equal(answer.body.queued, true)
      assert.match(String(answer.body.jobId), /^b_/)
      assert.equal(typeof answer.body.processingTime, 'number')
      const [answered] = await house.events.until('turn.answered')
      assert.equal(answered?.batchId, answer.body.jobId)
      assert.deepEqual(house.replies(), ['Привет'])
      if (house.redisUrl)
        assert.equal(await house.redis.exists(`rapid-fire:${P}`, `last-msg:${P}`), 0)
      for (const body of [{}, { from: P }, { message: 'Привет' }]) {
        const refused = await house.signed('POST', DIRECT, body)
        assert.equal(refused.status, 400)
        assert.equal(refused.body.error, 'Missing required fields: from, message')
      }
    },
  )

  acceptanceCase(
    48,
    'a direct message joins what waits, and the whole is due at once, in order',
    {},
    async (house) => {
      await house.say('раз')
      await house.say('два')
      await house.signed('POST', DIRECT, { from: P, message: 'сейчас' })
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['раз два сейчас'])
    },
  )

  acceptanceCase(
    49,
    'the log of one batch has the three lines, with id, size and idle time',
    {
      env: { CHECK_INTERVAL: '1000' },
    },
    async (house) => {
      // The lines are made from these events; logs.test.ts holds the words.
      await house.say('Привет')
      house.clock.advance(9500)
      await house.looked()
      house.clock.advance(600)
      await house.events.until('batch.handedOver')
      const [approaching] = house.events.all('batch.approaching')
      const [sealed] = house.events.all('batch.sealed')
      const [handedOver] = house.events.all('batch.handedOver')
      for (const event of [approaching, sealed, handedOver]) {
        assert.equal(event?.conversation, P)
        assert.equal(event?.size, 1)
        assert.ok((event?.idleMs ?? 0) >= 9500)
        assert.equal(event?.batchId, sealed?.batchId)
      }
      assert.equal(house.events.all('batch.approaching').length, 1)
    },
  )
})
