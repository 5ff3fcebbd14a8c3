import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel, ProviderCall } from '../channel.ts'
import { greenapi } from './index.ts'

const TOKEN = 'greenapi-instance-token'
const PART = { partId: 'b_1.0', to: '79001234567@c.us', content: { text: 'Да, "в 14:00" 🙂' } }
const signal = new AbortController().signal

const accountAt = (end: FarEnd, more: object = {}): Channel => {
  const given = { token: TOKEN, account: '1101000001', url: end.url, ...more }
  return greenapi.open(valuesOf(greenapi.settings, given), end.deps)
}

describe('sending through Green-API', () => {
  const addresses: [string, string][] = [
    ['79001234567@c.us', '79001234567@c.us'],
    ['123456789012345@lid', '123456789012345@lid'],
    ['79001234567-1581234048@g.us', '79001234567-1581234048@g.us'],
    ['79001234567@s.whatsapp.net', '79001234567@c.us'],
    ['79001234567', '79001234567@c.us'],
  ]
  for (const [to, chatId] of addresses) {
    it(`writes to ${to}`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({ status: 200, json: { idMessage: 'BAE5' } })
      assert.deepEqual(await accountAt(end).send({ ...PART, to }, signal), { providerId: 'BAE5' })
      const { method, url, body } = end.take()
      assert.deepEqual([method, url], ['POST', `/waInstance1101000001/sendMessage/${TOKEN}`])
      assert.deepEqual(JSON.parse(body), { chatId, message: PART.content.text })
    })
  }

  const refusals: [number, string][] = [
    [429, 'send_failed'],
    [500, 'send_failed'],
    [502, 'send_failed'],
    [400, 'send_refused'],
    [401, 'send_denied'],
    [403, 'send_refused'],
    [466, 'send_refused'],
  ]
  for (const [status, code] of refusals) {
    it(`ends in ${code} at ${status}, and tells no token`, async () => {
      await using end = await FarEnd.open()
      const json = {
        statusCode: status,
        path: `/sendMessage/${TOKEN}`,
        message: `its words, ${TOKEN}`,
      }
      end.answers.push({ status, headers: { 'retry-after': '2' }, json })
      const refusal = await refusalOf(accountAt(end).send(PART, signal))
      assert.deepEqual([refusal.code, refusal.retryAfterMs], [code, 2000])
      assert.match(refusal.message, /its words/)
      assert.doesNotMatch(refusal.whole, /greenapi-instance-token/)
    })
  }

  it('tells no token where nobody answers', async () => {
    const end = await FarEnd.open()
    const account = accountAt(end)
    await end[Symbol.asyncDispose]()
    const refusal = await refusalOf(account.send(PART, signal))
    assert.equal(refusal.code, 'send_away')
    assert.doesNotMatch(refusal.whole, /greenapi-instance-token/)
  })

  it('sends the emoji of a reaction as a text, and nothing where it is taken back', async () => {
    await using end = await FarEnd.open()
    const content = { reaction: '👍', messageId: 'F7' }
    await accountAt(end).send({ ...PART, content }, signal)
    assert.equal(Reflect.get(JSON.parse(end.take().body), 'message'), '👍')
    await accountAt(end).send({ ...PART, content: { ...content, reaction: '' } }, signal)
    assert.equal(end.asked.length, 0)
  })

  it('marks as read and shows that we write', async () => {
    await using end = await FarEnd.open()
    await accountAt(end).typing?.({ to: '79001234567@c.us', messageId: 'F7' }, signal)
    assert.deepEqual(
      end.asked.map(({ url, body }) => [url.split('/')[2], JSON.parse(body)]),
      [
        ['readChat', { chatId: '79001234567@c.us', idMessage: 'F7' }],
        ['sendTyping', { chatId: '79001234567@c.us', typingTime: 10_000 }],
      ],
    )
  })
})

describe('the webhook token of Green-API', () => {
  const cases: [string | undefined, string | null, true | string][] = [
    ['Bearer greenapi-token', 'greenapi-token', true],
    ['bearer greenapi-token', 'greenapi-token', true],
    ['Basic greenapi-token', 'greenapi-token', true],
    ['greenapi-token', 'greenapi-token', true],
    ['Bearer nope', 'greenapi-token', 'auth_invalid'],
    ['Bearer greenapi-token2', 'greenapi-token', 'auth_invalid'],
    ['Bearer', 'greenapi-token', 'auth_invalid'],
    [undefined, 'greenapi-token', 'auth_missing'],
    [undefined, null, 'open'],
  ]
  for (const [authorization, webhookToken, expected] of cases) {
    it(`${authorization} against ${webhookToken}`, async () => {
      await using end = await FarEnd.open()
      const headers = authorization === undefined ? {} : { authorization }
      const proof = await accountAt(end, { webhookToken }).verify({ headers } as ProviderCall)
      assert.equal(proof === 'open' ? proof : proof.ok || proof.code, expected)
    })
  }
})
