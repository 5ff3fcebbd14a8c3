import assert from 'node:assert/strict'
import { acceptance, acceptanceCase, NO_WORKER } from '../support/acceptance.ts'
import { type House, P } from '../support/house.ts'

const FIVE = ['Привет', 'можно', 'записаться', 'на стрижку', 'завтра?']

interface JobMetadata {
  originalMessages: string[]
  batchSize: number
  batchTimeSpan: number
  isRapidFireBatch: boolean
  messageId: string
}

async function sayAll(house: House, texts: readonly string[], everyMs: number): Promise<void> {
  for (const [i, text] of texts.entries()) {
    if (i > 0) house.clock.advance(everyMs)
    const answer = await house.say(text, { messageId: `m-${text}-${i}` })
    assert.equal(answer.status, 200)
  }
}

acceptance('batching', () => {
  acceptanceCase(
    17,
    'ten parts of one person within three seconds are all taken and become one job',
    NO_WORKER,
    async (house) => {
      const parts = Array.from({ length: 10 }, (_, i) => `часть${i}`)
      await sayAll(house, parts, 300)
      await house.events.until('batch.handedOver')
      await house.looked()
      const jobs = await house.jobs(P)
      assert.deepEqual(
        jobs.map(({ message }) => message),
        [parts.join(' ')],
      )
    },
  )

  acceptanceCase(
    20,
    'five parts become one job, ten seconds after the last',
    NO_WORKER,
    async (house) => {
      await sayAll(house, FIVE, 500)
      await house.advance(9900)
      assert.deepEqual(await house.jobs(), [])
      await house.advance(200)
      await house.events.until('batch.handedOver')
      const [job, ...others] = await house.jobs(P)
      assert.deepEqual(others, [])
      assert.equal(job?.message, 'Привет можно записаться на стрижку завтра?')
      const metadata = job?.metadata as JobMetadata
      assert.deepEqual(metadata.originalMessages, FIVE)
      assert.equal(metadata.batchSize, 5)
      assert.equal(metadata.batchTimeSpan, 2000)
      assert.equal(metadata.isRapidFireBatch, true)
      assert.equal(metadata.messageId, 'm-завтра?-4')
      assert.equal(await house.redis.exists(`rapid-fire:${P}`, `last-msg:${P}`), 0)
    },
  )

  acceptanceCase(20, 'five parts are answered as one, once', {}, async (house) => {
    await sayAll(house, FIVE, 500)
    await house.advance(9900)
    assert.deepEqual(house.replies(), [])
    await house.advance(200)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), [FIVE.join(' ')])
  })

  acceptanceCase(
    21,
    'a pause longer than the window makes two turns, a shorter one makes one',
    {},
    async (house) => {
      await house.say('раз')
      await house.advance(11_500)
      await house.events.until('turn.answered', 1)
      await house.say('два')
      await house.advance(11_500)
      await house.events.until('turn.answered', 2)
      assert.deepEqual(house.replies(), ['раз', 'два'])
      await house.say('три')
      await house.advance(9000)
      await house.say('четыре')
      await house.advance(10_100)
      await house.events.until('turn.answered', 3)
      assert.deepEqual(house.replies(), ['раз', 'два', 'три четыре'])
    },
  )

  acceptanceCase(
    22,
    'ten messages are a turn at once, without waiting for silence',
    {},
    async (house) => {
      await sayAll(house, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'], 50)
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['1 2 3 4 5 6 7 8 9 10'])
    },
  )

  acceptanceCase(
    23,
    '25 messages are turns of 10, 10 and 5 in order, and the 5 wait',
    {},
    async (house) => {
      const texts = Array.from({ length: 25 }, (_, i) => String(i + 1))
      await house.post({ messages: texts.map((body) => ({ from: P, body })) })
      await house.events.until('turn.answered', 2)
      await house.looked()
      assert.deepEqual(house.replies(), [
        texts.slice(0, 10).join(' '),
        texts.slice(10, 20).join(' '),
      ])
      const stats = await house.gateway.store.pending({ offset: 0, limit: 1 })
      assert.equal(stats.count, 1)
      await house.advance(10_100)
      await house.events.until('turn.answered', 3)
      assert.equal(house.replies()[2], texts.slice(20).join(' '))
    },
  )

  acceptanceCase(
    24,
    'one who never pauses is answered at the age limit, with nothing lost at the seam',
    {},
    async (house) => {
      const said: string[] = []
      for (let i = 0; i < 9; i += 1) {
        await house.say(`m${i}`)
        said.push(`m${i}`)
        await house.advance(9000)
      }
      const [first] = await house.events.until('batch.sealed')
      assert.equal(first?.cause, 'age')
      assert.ok((first?.openMs ?? 0) >= 60_000 && (first?.openMs ?? 0) <= 69_000)
      await house.advance(10_100)
      await house.events.until('turn.answered', 2)
      assert.deepEqual(house.replies().join(' ').split(' '), said)
    },
  )

  const SPELLINGS = [
    '79001234567',
    '+79001234567',
    '+7 (900) 123-45-67',
    '89001234567',
    '9001234567',
    '79001234567@c.us',
    '79001234567@s.whatsapp.net',
    '79001234567:12@s.whatsapp.net',
  ]
  acceptanceCase(25, 'eight spellings of a phone are one person', {}, async (house) => {
    for (const from of SPELLINGS) {
      const answer = await house.post({ from, message: from })
      assert.equal(answer.body.addedCount, 1, from)
    }
    await house.advance(10_100)
    const [answered] = await house.events.until('turn.answered')
    assert.equal(answered?.conversation, P)
    assert.deepEqual(house.replies(), [SPELLINGS.join(' ')])
  })

  acceptanceCase(
    26,
    'foreign numbers stay foreign, and a LID stays a LID up to the reply',
    {},
    async (house) => {
      const expected = new Map([
        ['+84912345678', '84912345678'],
        ['+9607712345', '9607712345'],
        ['85212345678@c.us', '85212345678'],
        ['00442079460958', '442079460958'],
        ['152900558844123@lid', '152900558844123@lid'],
        ['15290055884412377@lid', '15290055884412377@lid'],
      ])
      for (const from of expected.keys())
        assert.equal((await house.post({ from, message: 'hi' })).status, 200)
      const accepted = house.events.all('message.accepted').map(({ conversation }) => conversation)
      assert.deepEqual(accepted, [...expected.values()])
      await house.advance(10_100)
      await house.events.until('turn.answered', expected.size)
      const sentTo = house.events.all('reply.printed').map(({ to }) => to)
      assert.deepEqual(sentTo.sort(), [...expected.keys()].sort())
    },
  )

  acceptanceCase(
    27,
    'two businesses of one person are two conversations',
    {
      config: `export default { tenants: { '111': {}, '222': {} } }`,
    },
    async (house) => {
      await house.post({ companyId: '111', messages: [{ from: P, body: 'к первым' }] })
      await house.post({ companyId: '222', messages: [{ from: P, body: 'ко вторым' }] })
      const token = house.token
      const { stats } = (
        await house.request('GET', '/webhook/whatsapp/batched/stats', undefined, token)
      ).body as {
        stats: { batches: { phone: string; companyId: string }[] }
      }
      assert.deepEqual(stats.batches.map(({ phone, companyId }) => [phone, companyId]).sort(), [
        [P, '111'],
        [P, '222'],
      ])
      const path = `/webhook/whatsapp/batched/${P}?companyId=222`
      const dropped = await house.request('DELETE', path, undefined, token)
      assert.equal(dropped.body.discarded, 1)
      await house.post({ companyId: '222', messages: [{ from: P, body: 'снова ко вторым' }] })
      await house.advance(10_100)
      const answered = await house.events.until('turn.answered', 2)
      assert.deepEqual(answered.map(({ conversation }) => conversation).sort(), [
        `111:${P}`,
        `222:${P}`,
      ])
      assert.deepEqual(house.replies().sort(), ['к первым', 'снова ко вторым'])
    },
  )

  acceptanceCase(
    28,
    'the order is that of the times when all have one, else of arrival',
    {},
    async (house) => {
      const now = house.clock.now()
      await house.say('второе', { timestamp: now - 1000 })
      await house.say('первое', { timestamp: now - 2000 })
      await house.advance(10_100)
      await house.events.until('turn.answered', 1)
      await house.say('пришло раньше', { timestamp: now - 1000 })
      await house.say('без времени')
      await house.say('пришло позже', { timestamp: now - 5000 })
      await house.advance(10_100)
      await house.events.until('turn.answered', 2)
      await house.post({
        messages: [
          { from: P, body: 'а', timestamp: now + 12_000 },
          { from: P, body: 'б', timestamp: now + 11_000 },
        ],
      })
      await house.advance(10_100)
      await house.events.until('turn.answered', 3)
      assert.deepEqual(house.replies(), [
        'первое второе',
        'пришло раньше без времени пришло позже',
        'а б',
      ])
    },
  )
})
