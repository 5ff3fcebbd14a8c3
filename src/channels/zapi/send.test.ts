import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import { closedPort } from '../../../test/support/closed-port.ts'
import type { Channel } from '../channel.ts'
import { zapi } from './index.ts'

const TOKEN = 'F0C1A2B3D4E5F60718293A4B'
const CLIENT = 'client-token-of-the-account'
const SECRETS = new RegExp(`${TOKEN}|${CLIENT}`)
const PART = { partId: 'b_1.0', to: '79001234567', content: { text: 'Sim, "às 14h" 🙂' } }
const signal = new AbortController().signal

const accountAt = (end: FarEnd, more: object = {}): Channel =>
  zapi.open(
    valuesOf(zapi.settings, {
      url: end.url,
      account: 'I1',
      token: TOKEN,
      clientToken: CLIENT,
      ...more,
    }),
    end.deps,
  )

describe('sending through Z-API', () => {
  const addresses: [string, string][] = [
    ['79001234567', '79001234567'],
    ['79001234567@c.us', '79001234567'],
    ['+79001234567', '79001234567'],
    ['120363000000000001-group', '120363000000000001-group'],
    ['123456789012345@lid', '123456789012345@lid'],
  ]
  for (const [to, phone] of addresses) {
    it(`writes to ${to}`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({ status: 200, json: { zaapId: 'Z1', messageId: 'D241', id: 'D241' } })
      const sent = await accountAt(end).send({ ...PART, to }, signal)
      assert.deepEqual(sent, { providerId: 'D241' })
      const { method, url, headers, body } = end.take()
      assert.deepEqual([method, url], ['POST', `/instances/I1/token/${TOKEN}/send-text`])
      assert.equal(headers['client-token'], CLIENT)
      assert.deepEqual(JSON.parse(body), { phone, message: PART.content.text })
    })
  }

  it('reacts, without a token of the account where there is none', async () => {
    await using end = await FarEnd.open()
    const content = { reaction: '👍', messageId: 'A1' }
    await accountAt(end, { clientToken: null }).send({ ...PART, content }, signal)
    const { url, headers, body } = end.take()
    assert.equal(url, `/instances/I1/token/${TOKEN}/send-reaction`)
    assert.equal(headers['client-token'], undefined)
    assert.deepEqual(JSON.parse(body), { phone: PART.to, messageId: 'A1', reaction: '👍' })
  })

  const refusals: [number, string][] = [
    [400, 'send_refused'],
    [401, 'send_denied'],
    [403, 'send_refused'],
    [404, 'send_refused'],
    [429, 'send_failed'],
    [500, 'send_failed'],
  ]
  for (const [status, code] of refusals) {
    it(`ends in ${code} at ${status}, with its words and without its tokens`, async () => {
      await using end = await FarEnd.open()
      const error = `Phone number does not exist at /token/${TOKEN}/ ${CLIENT}`
      end.answers.push({ status, json: { error }, headers: { 'retry-after': '1' } })
      const refusal = await refusalOf(accountAt(end).send(PART, signal))
      assert.deepEqual([refusal.code, refusal.retryAfterMs], [code, 1000])
      assert.match(refusal.message, /Phone number does not exist/)
      assert.doesNotMatch(refusal.whole, SECRETS)
    })
  }

  it('tells no token where its words are cut, where nobody answers, and where it is sent elsewhere', async () => {
    await using end = await FarEnd.open()
    const account = accountAt(end)
    end.answers.push({ status: 400, json: { error: `${'x'.repeat(190)}${TOKEN}` } })
    const long = await refusalOf(account.send(PART, signal))
    assert.doesNotMatch(long.whole, new RegExp(TOKEN.slice(0, 6)))
    end.answers.push({ status: 302, headers: { location: `/token/${TOKEN}/x` } })
    const moved = await refusalOf(account.send(PART, signal))
    assert.equal(moved.code, 'send_failed')
    assert.doesNotMatch(moved.whole, SECRETS)
    const url = `http://127.0.0.1:${await closedPort()}`
    const away = await refusalOf(accountAt(end, { url }).send(PART, signal))
    assert.equal(away.code, 'send_away')
    assert.doesNotMatch(away.whole, SECRETS)
  })
})

describe('an account of Z-API', () => {
  const deps = { tenant: 'default', http: null as never, clock: Date.now }
  const WEBHOOK = 'webhook-token'
  const openedWith = (given: Readonly<Record<string, unknown>>) =>
    zapi.open(valuesOf(zapi.settings, given), deps)
  const proofOf = (
    url: string,
    headers: Record<string, string> = {},
    webhookToken: string | null = WEBHOOK,
  ) =>
    openedWith({ webhookToken }).verify({
      method: 'POST',
      url,
      publicUrl: '',
      headers,
      rawBody: Buffer.from('{}'),
    })

  it('knows its calls by a secret in the address or in a header', () => {
    const right = { ok: true, seal: null }
    assert.deepEqual(proofOf(`/webhook/zapi?token=${WEBHOOK}`), right)
    assert.deepEqual(proofOf('/webhook/zapi', { 'client-token': WEBHOOK }), right)
    assert.deepEqual(proofOf('/webhook/zapi?token=other', { 'client-token': WEBHOOK }), right)
    assert.equal(proofOf('/webhook/zapi', {}, null), 'open')
  })

  const wrong: Record<string, [string, Record<string, string>, string]> = {
    nothing: ['/webhook/zapi', {}, 'auth_missing'],
    'another token': ['/webhook/zapi?token=other', {}, 'auth_invalid'],
    'another header': ['/webhook/zapi', { 'client-token': 'other' }, 'auth_invalid'],
    'a token that stands twice': [
      `/webhook/zapi?token=${WEBHOOK}&token=${WEBHOOK}`,
      {},
      'auth_missing',
    ],
    'an empty token': ['/webhook/zapi?token=', {}, 'auth_missing'],
  }
  for (const [name, [url, headers, code]] of Object.entries(wrong)) {
    it(`refuses ${name}`, async () => {
      const proof = await proofOf(url, headers)
      assert.equal(proof !== 'open' && !proof.ok && proof.code, code)
    })
  }

  it('sends with an instance and its token, and shows its secret where it hands on', () => {
    assert.equal(openedWith({ account: 'I1' }).sends, false)
    assert.equal(openedWith({ account: 'I1', token: TOKEN }).sends, true)
    const call = {
      method: 'POST',
      url: '/',
      rawBody: Buffer.from('{}'),
      target: new URL('http://x/'),
    }
    assert.equal(openedWith({ webhookToken: WEBHOOK }).sign(call)['client-token'], WEBHOOK)
  })
})
