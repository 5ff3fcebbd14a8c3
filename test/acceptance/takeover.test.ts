/** A human who steps in, over HTTP, on both engines. */
import assert from 'node:assert/strict'
import { after, describe, it as test } from 'node:test'
import type { ConversationKey } from '../../src/message.ts'
import { type Answer, ENGINES, House, P, stopSharedRedis } from '../support/house.ts'

const OWN = '/webhook/whatsapp/own'
const IDLE = 10_000
const HALF_AN_HOUR = 1_800_000

const own = (house: House, message: string, more: Record<string, unknown> = {}): Promise<Answer> =>
  house.signed('POST', OWN, { to: P, message, ...more })

describe('acceptance: a human steps in', () => {
  after(stopSharedRedis)
  const it = (
    title: string,
    play: (house: House) => Promise<void>,
    env: Record<string, string> = {},
  ): void => {
    for (const engine of ENGINES) {
      test(`${title} (${engine})`, async () => {
        await using house = await House.start({ engine, env })
        await play(house)
      })
    }
  }

  it('what the owner answers from the phone is answered, and the bot is silent for half an hour', async (house) => {
    await house.say('Привет')
    await house.say('Вы открыты?')
    house.clock.advance(1000)
    const { status, body } = await own(house, 'Да, до 18', { messageId: 'o1' })
    assert.equal(status, 200)
    assert.deepEqual(body.outcomes, ['human'])
    await house.say('Спасибо, а завтра?')
    await house.advance(IDLE)
    await house.advance(HALF_AN_HOUR - IDLE - 1)
    assert.deepEqual(house.replies(), [])
    await house.advance(1)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['Спасибо, а завтра?'])
    const counts = await house.gateway.store.counts()
    assert.deepEqual([counts.accepted, counts.answered, counts.open], [3, 3, 0])
  })

  it('the same own message again, however often, is one', async (house) => {
    await own(house, 'Да', { messageId: 'o1' })
    const { body } = await own(house, 'Да', { messageId: 'o1' })
    assert.deepEqual(body.outcomes, ['duplicate'])
  })

  it("the bot's own words that come back are no human", async (house) => {
    await house.say('Привет')
    await house.advance(IDLE)
    await house.events.until('turn.answered')
    const { body } = await own(house, 'Привет', { messageId: 'echo-1' })
    assert.deepEqual(body.outcomes, ['echo'])
    await house.say('Ещё')
    await house.advance(IDLE)
    await house.events.until('turn.answered', 2)
    assert.deepEqual(house.replies(), ['Привет', 'Ещё'])
  })

  it('what the person wrote after the human waits, though it came before', async (house) => {
    const now = house.now()
    await house.say('до', { timestamp: now - 5000, messageId: 'm1' })
    await house.say('после', { timestamp: now - 1000, messageId: 'm2' })
    await own(house, 'Ответ', { messageId: 'o1', timestamp: now - 3000 })
    await house.advance(HALF_AN_HOUR)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['после'])
  })

  it('the owner’s words pause and resume', async (house) => {
    await house.say('раз')
    assert.deepEqual((await own(house, '/bot off', { messageId: 'o1' })).body.outcomes, ['paused'])
    await house.advance(24 * 3_600_000)
    assert.deepEqual(house.replies(), [])
    assert.deepEqual((await own(house, '/Bot On', { messageId: 'o2' })).body.outcomes, ['resumed'])
    await house.looked()
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['раз'])
    assert.deepEqual((await own(house, '/bot off', { messageId: 'o1' })).body.outcomes, [
      'duplicate',
    ])
  })

  it('СТОП is heeded until СТАРТ, and nothing is lost between', async (house) => {
    await house.say('СТОП')
    await house.say('и ещё')
    await house.advance(24 * 3_600_000)
    assert.deepEqual(house.replies(), [])
    const held = await house.request('GET', '/operator/held', undefined, house.token)
    assert.deepEqual(held.body.held, [
      { phone: P, companyId: 'default', channel: 'whatsapp', why: 'stopped', endsInMs: null },
    ])
    await house.say('старт.')
    await house.advance(IDLE)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['СТОП и ещё старт.'])
  })

  it('a word that comes again after it was undone is not heeded again', async (house) => {
    await house.say('СТОП', { messageId: 's1' })
    await house.say('старт', { messageId: 's2' })
    const again = [
      { from: P, id: 's1', body: 'СТОП' },
      { from: P, id: 'm1', body: 'Вы тут?' },
    ]
    assert.equal((await house.post({ messages: again })).body.duplicates, 1)
    await house.advance(IDLE)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['СТОП старт Вы тут?'])
  })

  it('START gives back no conversation that a human has in hand', async (house) => {
    await own(house, 'Я отвечу', { messageId: 'o1' })
    await house.say('СТОП')
    await house.say('СТАРТ')
    await house.advance(IDLE)
    assert.deepEqual(house.replies(), [])
    await house.advance(HALF_AN_HOUR)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['СТОП СТАРТ'])
  })

  it('25 messages in a hold are one turn', async (house) => {
    await own(house, 'Минуту', { messageId: 'o1' })
    for (let n = 0; n < 25; n += 1) await house.say(`${n}`)
    await house.advance(HALF_AN_HOUR)
    await house.events.until('turn.answered')
    assert.equal(house.replies().length, 1)
    assert.equal(house.replies()[0]?.split(' ').length, 25)
  })

  it('a phone that tells of weeks ago silences nobody and settles nothing', async (house) => {
    await house.say('Вы открыты?')
    const timestamp = house.now() - 40 * 24 * 3_600_000
    await own(house, 'Старое', { messageId: 'o1', timestamp })
    assert.equal((await house.gateway.store.holds({ offset: 0, limit: 1 })).count, 0)
    await house.advance(IDLE)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['Вы открыты?'])
  })

  it('a reaction of our side is no answer', async (house) => {
    await house.say('Привет')
    const { body } = await own(house, '❤️', { messageId: 'r1', type: 'reaction' })
    assert.deepEqual(body.outcomes, ['noted'])
    await house.advance(IDLE)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['Привет'])
  })

  it('a word inside of a sentence is a sentence', async (house) => {
    await house.say('скажите стоп, когда хватит')
    await house.advance(IDLE)
    await house.events.until('turn.answered')
    assert.equal(house.replies().length, 1)
  })

  it(
    'with TAKEOVER=off it is told to the responder, and nobody falls silent',
    async (house) => {
      await house.say('Привет')
      assert.deepEqual((await own(house, 'Ответ', { messageId: 'o1' })).body.outcomes, ['noted'])
      await house.advance(IDLE)
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['Привет'])
      const [first] = await house.gateway.store.history(P as ConversationKey)
      assert.equal(first?.kind, 'human')
    },
    { TAKEOVER: 'off' },
  )

  it('an operator pauses for a while and resumes', async (house) => {
    const act = (path: string, body: object): Promise<Answer> =>
      house.request('POST', path, JSON.stringify(body), house.token)
    await house.say('раз')
    assert.equal((await act('/operator/pause', { phone: P, forMs: 60_000 })).status, 200)
    await house.advance(59_999)
    assert.deepEqual(house.replies(), [])
    const resumed = await act('/operator/resume', { phone: '8 900 123-45-67' })
    assert.deepEqual(resumed.body, { success: true, released: true })
    await house.looked()
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['раз'])
    assert.equal((await act('/operator/resume', { phone: P })).body.released, false)
  })

  it('bad own messages get a reason and leave no trace; good ones beside them are taken', async (house) => {
    const cases = [
      [{}, 'missing_fields'],
      [{ to: P }, 'invalid_text'],
      [{ to: '+', message: 'x' }, 'invalid_phone'],
      [{ to: P, message: 5 }, 'invalid_text'],
      [{ messages: [] }, 'missing_fields'],
      [{ to: P, message: 'x', companyId: 'nobody' }, 'unknown_tenant'],
    ] as const
    for (const [payload, code] of cases) {
      const { status, body } = await house.signed('POST', OWN, payload)
      assert.deepEqual([status, body.code], [400, code], JSON.stringify(payload))
    }
    const unsigned = await house.request('POST', OWN, JSON.stringify({ to: P, message: 'x' }))
    assert.equal(unsigned.status, 401)
    assert.equal((await house.gateway.store.holds({ offset: 0, limit: 1 })).count, 0)
    const mixed = await house.signed('POST', OWN, {
      messages: [
        { to: 'abc', body: 'x' },
        { to: P, body: 'да', id: 'o1' },
      ],
    })
    assert.deepEqual(mixed.body.outcomes, ['human'])
    assert.deepEqual(
      (mixed.body.rejected as { field: string }[]).map(({ field }) => field),
      ['to'],
    )
  })
})
