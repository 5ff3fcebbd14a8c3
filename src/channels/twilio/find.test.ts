import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FarAnswer, FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Found, UncertainPart } from '../channel.ts'
import { twilio } from './index.ts'

const ACCOUNT = {
  authToken: 'twilio-auth-token-test',
  account: 'AC00000000000000000000000000000001',
  from: 'whatsapp:+74950000001',
}
const START = Date.UTC(2026, 0, 15, 9, 0, 0)
const PART: UncertainPart = {
  partId: 'b_1.0',
  to: '79001234567',
  content: { text: 'Есть место\nв 14:00' },
  startedAt: START,
}

const message = (n: number, more: object = {}) => ({
  sid: `SM${n}`,
  body: 'Есть место в 14:00 ',
  status: 'queued',
  date_created: new Date(START + 1000).toUTCString(),
  date_sent: null,
  ...more,
})

async function found(
  answer: FarAnswer,
  part = PART,
): Promise<Found & { url: string; method: string }> {
  await using end = await FarEnd.open()
  const given = { ...ACCOUNT, url: end.url, typingUrl: end.url }
  const channel = twilio.open(valuesOf(twilio.settings, given), end.deps)
  end.answers.push(answer)
  const told = await channel.find?.(part, new AbortController().signal)
  assert.ok(told)
  const { url, method } = end.take()
  return { ...told, url, method }
}

const list = (...messages: object[]): FarAnswer => ({ status: 200, json: { messages } })

describe('asking Twilio for a part', () => {
  it('lists what went to the person, also what is queued', async () => {
    const { method, url, ids, isAll } = await found(list(message(1)))
    assert.equal(method, 'GET')
    const { pathname, searchParams } = new URL(url, 'http://x')
    assert.equal(pathname, `/2010-04-01/Accounts/${ACCOUNT.account}/Messages.json`)
    assert.deepEqual(Object.fromEntries(searchParams), {
      To: 'whatsapp:+79001234567',
      PageSize: '50',
    })
    assert.deepEqual([ids, isAll], [['SM1'], true])
  })

  for (const [what, more] of [
    ['other words', { body: 'Есть место в 15:00' }],
    ['a time before it was begun', { date_created: new Date(START - 60_000).toUTCString() }],
    ['the word that it failed', { status: 'failed' }],
    ['the word that it was not delivered', { status: 'undelivered' }],
    ['no id', { sid: null }],
  ] as const) {
    it(`does not take for it what has ${what}`, async () => {
      const { ids, isAll } = await found(list(message(1, more)))
      assert.deepEqual([ids, isAll], [[], true])
    })
  }

  it('takes a clock for right that goes five seconds after', async () => {
    const date_created = new Date(START - 5000).toUTCString()
    assert.deepEqual((await found(list(message(1, { date_created })))).ids, ['SM1'])
  })

  it('knows nothing by a list that ends before the start of the part', async () => {
    const others = Array.from({ length: 50 }, (_, n) => message(n, { body: 'x' }))
    const { ids, isAll } = await found(list(...others))
    assert.deepEqual([ids, isAll], [[], false])
    const old = message(50, { body: 'x', date_created: new Date(START - 60_000).toUTCString() })
    assert.equal((await found(list(...others.slice(1), old))).isAll, true)
  })

  it('knows nothing by what is no list', async () => {
    assert.deepEqual((await found({ status: 200, json: {} })).isAll, false)
    assert.deepEqual((await found({ status: 200, json: null })).isAll, false)
  })

  it('reads a long list', async () => {
    const long = 'ы'.repeat(1600)
    const many = Array.from({ length: 20 }, (_, n) => message(n, { body: `${long}${n}` }))
    const { ids } = await found(list(...many, message(99)))
    assert.deepEqual(ids, ['SM99'])
  })

  it('that refuses is an error with its words', async () => {
    const refused = found({ status: 401, json: { code: 20003, message: 'Authenticate' } })
    const { code, message: said } = await refusalOf(refused)
    assert.equal(code, 'send_denied')
    assert.match(said, /20003 Authenticate/)
  })
})
