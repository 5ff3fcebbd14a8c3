import assert from 'node:assert/strict'
import { ConversationKeys } from '../../src/conversation-key.ts'
import { LogLevel } from '../../src/observability/logs/log-level.ts'
import { subscribeLogs } from '../../src/observability/logs/logs.ts'
import { acceptance, acceptanceCase } from '../support/acceptance.ts'
import { House, P } from '../support/house.ts'

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
    48,
    'a direct message while a turn runs is the next turn, at once when that is over',
    { engines: ['redis'], roles: ['api', 'processor'] },
    async (house) => {
      await house.say('раз')
      await house.advance(10_100)
      await house.events.until('batch.handedOver')
      await house.signed('POST', DIRECT, { from: P, message: 'сейчас' })
      await house.looked()
      assert.equal((await house.jobs(P)).length, 1)
      await using worker = await House.start({ engine: 'redis', beside: house, roles: ['worker'] })
      await worker.events.until('turn.answered', 2)
      assert.deepEqual(worker.replies(), ['раз', 'сейчас'])
    },
  )

  acceptanceCase(
    49,
    'the log of one batch has the three lines, with id, size and idle time',
    {
      env: { CHECK_INTERVAL: '1000' },
    },
    async (house) => {
      const lines: Record<string, unknown>[] = []
      const end = subscribeLogs(house.gateway.events, {
        level: new LogLevel(house.gateway.events, 'info'),
        phones: 'full',
        hashSecret: '',
        keys: new ConversationKeys('default'),
        roles: ['api', 'processor', 'worker'],
        out: { write: (line: string) => void lines.push(JSON.parse(line)) },
      })
      await house.say('Привет')
      house.clock.advance(9500)
      await house.looked()
      house.clock.advance(600)
      await house.events.until('batch.handedOver')
      end()
      const [sealed] = house.events.all('batch.sealed')
      const told = lines.filter(({ name }) => name === 'ai-admin-batch-processor')
      assert.deepEqual(
        told.map(({ msg, batchId, size }) => [msg, batchId, size]),
        [
          `Batch for ${P} approaching timeout`,
          `Processing batch for ${P}`,
          `Batch processed successfully for ${P}`,
        ].map((msg) => [msg, sealed?.batchId, 1]),
      )
      for (const { idleMs } of told) assert.ok(Number(idleMs) >= 9500)
    },
  )
})
