import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel } from '../channel.ts'
import { twilio } from './index.ts'
import { verifyTwilio } from './signature.ts'

const ACCOUNT = {
  authToken: 'twilio-auth-token-test',
  account: 'AC00000000000000000000000000000001',
  from: 'whatsapp:+74950000001',
}
const PART = {
  partId: 'b_1.0',
  to: 'whatsapp:+79001234567',
  content: { text: 'Да, "в 14:00" & ещё 🙂' },
}
const signal = new AbortController().signal

function accountAt(end: FarEnd, more: Readonly<Record<string, unknown>> = {}): Channel {
  const given = { ...ACCOUNT, url: end.url, typingUrl: end.url, ...more }
  return twilio.open(valuesOf(twilio.settings, given), end.deps)
}

describe('sending through Twilio', () => {
  it('posts a form with Basic auth and gives the SID back', async () => {
    await using end = await FarEnd.open()
    end.answers.push({ status: 201, json: { sid: 'SM7', status: 'queued' } })
    assert.deepEqual(await accountAt(end).send(PART, signal), { providerId: 'SM7' })
    const { method, url, headers, body } = end.take()
    assert.equal(method, 'POST')
    assert.equal(url, `/2010-04-01/Accounts/${ACCOUNT.account}/Messages.json`)
    const pair = Buffer.from(`${ACCOUNT.account}:${ACCOUNT.authToken}`).toString('base64')
    assert.equal(headers.authorization, `Basic ${pair}`)
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      From: ACCOUNT.from,
      To: PART.to,
      Body: PART.content.text,
    })
  })

  it('names the webhook for statuses, and a messaging service', async () => {
    await using end = await FarEnd.open()
    const publicUrl = 'https://bot.example/webhook/twilio'
    await accountAt(end, { publicUrl, from: 'MG1' }).send(PART, signal)
    const form = new URLSearchParams(end.take().body)
    assert.equal(form.get('StatusCallback'), publicUrl)
    assert.deepEqual([form.get('MessagingServiceSid'), form.get('From')], ['MG1', null])
  })

  const addresses: [string, string, string][] = [
    ['whatsapp:+79001234567', ACCOUNT.from, 'whatsapp:+79001234567'],
    ['whatsapp:RU.12ab', ACCOUNT.from, 'whatsapp:RU.12ab'],
    ['79001234567', ACCOUNT.from, 'whatsapp:+79001234567'],
    ['RU.12ab', ACCOUNT.from, 'whatsapp:RU.12ab'],
    ['whatsapp: 79001234567', ACCOUNT.from, 'whatsapp:+79001234567'],
    ['+79001234567', '+74950000001', '+79001234567'],
    ['79001234567', '+74950000001', '+79001234567'],
  ]
  for (const [to, from, expected] of addresses) {
    it(`writes from ${from} to ${to}`, async () => {
      await using end = await FarEnd.open()
      await accountAt(end, { from }).send({ ...PART, to }, signal)
      assert.equal(new URLSearchParams(end.take().body).get('To'), expected)
    })
  }

  const refusals: [number, number | null, string][] = [
    [429, 20429, 'send_failed'],
    [400, 20429, 'send_failed'],
    [400, 63018, 'send_failed'],
    [500, null, 'send_failed'],
    [503, 20500, 'send_failed'],
    [400, 63016, 'outside_window'],
    [400, 63024, 'send_refused'],
    [400, 21211, 'send_refused'],
    [400, 21610, 'send_refused'],
    [400, 21617, 'send_refused'],
    [400, 21658, 'send_refused'],
    [401, 20003, 'send_denied'],
    [404, null, 'send_refused'],
  ]
  for (const [status, code, expected] of refusals) {
    it(`ends in ${expected} at ${status} with code ${code}`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({
        status,
        headers: { 'retry-after': '3' },
        json: { code, message: 'its words' },
      })
      const refusal = await refusalOf(accountAt(end).send(PART, signal))
      assert.equal(refusal.code, expected)
      assert.equal(refusal.retryAfterMs, 3000)
      assert.match(refusal.message, code === null ? /its words/ : new RegExp(`${code} its words`))
      assert.doesNotMatch(refusal.whole, /twilio-auth-token/)
    })
  }

  it('sends the emoji of a reaction as a text, and nothing where it is taken back', async () => {
    await using end = await FarEnd.open()
    const content = { reaction: '👍', messageId: 'SM1' }
    await accountAt(end).send({ ...PART, content }, signal)
    assert.equal(new URLSearchParams(end.take().body).get('Body'), '👍')
    await accountAt(end).send({ ...PART, content: { ...content, reaction: '' } }, signal)
    assert.equal(end.asked.length, 0)
  })

  it('shows on WhatsApp alone that we write, by the id of the message', async () => {
    await using end = await FarEnd.open()
    const account = accountAt(end)
    await account.typing?.({ to: '+79001234567', messageId: 'SM1' }, signal)
    await account.typing?.({ to: PART.to, messageId: 'MM1:2' }, signal)
    const { url, body } = end.take()
    assert.equal(url, '/v2/Indicators/Typing.json')
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      messageId: 'MM1',
      channel: 'whatsapp',
    })
  })

  it('signs what it hands on', async () => {
    await using end = await FarEnd.open()
    const rawBody = Buffer.from('Body=%D0%B4%D0%B0&From=whatsapp%3A%2B79001234567')
    const target = new URL('http://10.0.0.7:8080/hook?tenant=salon#top')
    const headers = accountAt(end).sign({ method: 'POST', url: '/hook', rawBody, target })
    const call = { method: 'POST', url: '/hook', publicUrl: target.href, headers, rawBody }
    const proof = verifyTwilio(call, { tokens: [ACCOUNT.authToken], publicUrl: null })
    assert.ok(proof !== 'open' && proof.ok)
  })
})
