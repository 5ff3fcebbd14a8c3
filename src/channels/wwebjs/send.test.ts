import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel } from '../channel.ts'
import { wwebjs } from './index.ts'

const PERSON = '79001234567@c.us'
const PART = { partId: 'b_1.0', to: PERSON, content: { text: 'Да, "в 14:00" 🙂' } }
const KEY = 'wwebjs-key-0'
const signal = new AbortController().signal

const accountAt = (end: FarEnd, more: object = {}): Channel =>
  wwebjs.open(
    valuesOf(wwebjs.settings, { url: end.url, apiKey: KEY, account: 'salon', ...more }),
    end.deps,
  )

describe('sending through wwebjs-api', () => {
  const addresses: [string, string][] = [
    [PERSON, PERSON],
    ['79001234567@s.whatsapp.net', PERSON],
    ['123456789012345@lid', '123456789012345@lid'],
    ['120363000000000001@g.us', '120363000000000001@g.us'],
  ]
  for (const [to, chatId] of addresses) {
    it(`writes to ${to}`, async () => {
      await using end = await FarEnd.open()
      const id = { fromMe: true, remote: PERSON, id: '3EB0', _serialized: `true_${PERSON}_3EB0` }
      end.answers.push({ status: 200, json: { success: true, message: { id } } })
      const sent = await accountAt(end).send({ ...PART, to }, signal)
      assert.deepEqual(sent, { providerId: `true_${PERSON}_3EB0` })
      const { method, url, headers, body } = end.take()
      assert.deepEqual([method, url], ['POST', '/client/sendMessage/salon'])
      assert.equal(headers['x-api-key'], KEY)
      const { text: content } = PART.content
      assert.deepEqual(JSON.parse(body), { chatId, contentType: 'string', content })
    })
  }

  it('reacts', async () => {
    await using end = await FarEnd.open()
    const content = { reaction: '👍', messageId: 'false_x_1' }
    await accountAt(end).send({ ...PART, content }, signal)
    const { url, body } = end.take()
    assert.equal(url, '/message/react/salon')
    assert.deepEqual(JSON.parse(body), { chatId: PERSON, messageId: 'false_x_1', reaction: '👍' })
  })

  it('marks as read, then shows typing', async () => {
    await using end = await FarEnd.open()
    await accountAt(end).typing?.({ to: PERSON, messageId: 'x' }, signal)
    assert.deepEqual(
      end.asked.map(({ url, body }) => [url, JSON.parse(body)]),
      ['/chat/sendSeen/salon', '/chat/sendStateTyping/salon'].map((url) => [
        url,
        { chatId: PERSON },
      ]),
    )
  })

  const refusals: [number, string, string][] = [
    [403, 'Invalid API key', 'send_refused'],
    [404, 'session_not_found', 'send_refused'],
    [404, 'session_not_connected', 'send_away'],
    [404, 'browser tab closed', 'send_away'],
    [422, 'Session should be alphanumerical or -', 'send_refused'],
    [400, 'invalid contentType', 'send_refused'],
    [429, 'Too many requests', 'send_failed'],
    [500, 'Evaluation failed', 'send_failed'],
  ]
  for (const [status, error, code] of refusals) {
    it(`ends in ${code} at ${status}, ${error}`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({ status, json: { success: false, error }, headers: { 'retry-after': '1' } })
      const refusal = await refusalOf(accountAt(end).send(PART, signal))
      assert.deepEqual([refusal.code, refusal.retryAfterMs], [code, 1000])
      assert.equal(refusal.message, `wwebjs-api answered ${status}: ${error}`)
      assert.doesNotMatch(refusal.whole, new RegExp(KEY))
    })
  }
})

describe('an account of wwebjs-api', () => {
  const deps = { tenant: 'default', http: null as never, clock: Date.now }
  const proofOf = (apiKey: string | null, headers: Record<string, string>) =>
    wwebjs.open(valuesOf(wwebjs.settings, { apiKey }), deps).verify({
      method: 'POST',
      url: '/',
      publicUrl: '',
      headers,
      rawBody: Buffer.from('{}'),
    })

  it('knows its calls by the key alone', async () => {
    assert.deepEqual(proofOf(KEY, { 'x-api-key': KEY }), { ok: true, seal: null })
    assert.equal(proofOf(null, {}), 'open')
    for (const [headers, code] of [
      [{}, 'auth_missing'],
      [{ 'x-api-key': 'wwebjs-key-1' }, 'auth_invalid'],
      [{ 'x-api-key': `${KEY}, ${KEY}` }, 'auth_invalid'],
    ] as const) {
      const proof = await proofOf(KEY, headers)
      assert.equal(proof !== 'open' && !proof.ok && proof.code, code)
    }
  })

  it('sends where an address and a session are known, and shows the key where it hands on', () => {
    const open = (given: Readonly<Record<string, unknown>>) =>
      wwebjs.open(valuesOf(wwebjs.settings, given), deps)
    assert.equal(open({ url: 'http://x' }).sends, false)
    assert.equal(open({ url: 'http://x', account: 'salon' }).sends, true)
    const call = {
      method: 'POST',
      url: '/',
      rawBody: Buffer.from('{}'),
      target: new URL('http://x/'),
    }
    assert.equal(open({ apiKey: KEY }).sign(call)['x-api-key'], KEY)
  })
})
