import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel, Proof } from '../channel.ts'
import { baileys } from './index.ts'

const NOW = Date.UTC(2026, 0, 15)
const API_KEY = 'baileys-bridge-key-test'
const SECRET_KEY = 'baileys-secret-key-test'
const CHAT = '79001234567@s.whatsapp.net'
const signal = new AbortController().signal
const rawBody = Buffer.from('{"event":"messages.upsert"}')
const url = '/webhook/baileys'

const accountAt = (end: FarEnd, given: object): Channel =>
  baileys.open(valuesOf(baileys.settings, { ...given }), end.deps)

function signed(more: { path?: string; at?: number; key?: string } = {}): Record<string, string> {
  const { path = url, at = NOW, key = SECRET_KEY } = more
  const signature = createHmac('sha256', key).update(`POST:${path}:${at}:`).update(rawBody)
  return { 'x-timestamp': String(at), 'x-signature': signature.digest('hex') }
}

describe('who calls as a Baileys bridge', () => {
  const key = { apiKey: API_KEY }
  const secret = { secretKey: SECRET_KEY }
  const shown = { 'x-api-key': API_KEY }
  const table: Record<string, [object, Record<string, string>, string]> = {
    'anybody without a secret': [{}, {}, 'open'],
    'the right key': [key, shown, 'ok'],
    'a wrong key': [key, { 'x-api-key': 'nope' }, 'auth_invalid'],
    'no key': [key, {}, 'auth_missing'],
    'an empty key': [key, { 'x-api-key': '' }, 'auth_missing'],
    'the right signature': [secret, signed(), 'ok'],
    'a signature of another path': [secret, signed({ path: '/webhook' }), 'auth_invalid'],
    'a signature of another secret': [secret, signed({ key: 'x'.repeat(20) }), 'auth_invalid'],
    'an old signature': [secret, signed({ at: NOW - 301_000 }), 'auth_timestamp'],
    'no signature': [secret, {}, 'auth_missing'],
    'a key where a signature is wanted': [secret, shown, 'auth_missing'],
    'a signature where a key is wanted': [key, signed(), 'auth_missing'],
    'either: the key': [{ ...key, ...secret }, shown, 'ok'],
    'either: the signature': [{ ...key, ...secret }, signed(), 'ok'],
    'either: a wrong key with a right signature': [
      { ...key, ...secret },
      { ...signed(), 'x-api-key': 'nope' },
      'ok',
    ],
    'either: a wrong key': [{ ...key, ...secret }, { 'x-api-key': 'nope' }, 'auth_invalid'],
    'either: neither': [{ ...key, ...secret }, {}, 'auth_missing'],
  }
  for (const [name, [given, headers, expected]] of Object.entries(table)) {
    it(`${name}: ${expected}`, async () => {
      await using end = await FarEnd.open()
      const call = { method: 'POST', url, publicUrl: '', headers, rawBody }
      const proof: Proof = await accountAt(end, given).verify(call)
      assert.equal(proof === 'open' ? proof : proof.ok ? 'ok' : proof.code, expected)
    })
  }

  it('is known again by what the account signs', async () => {
    await using end = await FarEnd.open()
    for (const given of [key, secret, { ...key, ...secret }]) {
      const account = accountAt(end, given)
      const target = new URL('https://bot.example/hook?tenant=1')
      const headers = account.sign({ method: 'POST', url, rawBody, target })
      const call = { method: 'POST', url: '/hook?tenant=1', publicUrl: '', headers, rawBody }
      const proof = await account.verify(call)
      assert.ok(proof !== 'open' && proof.ok)
      assert.equal(headers['content-type'], 'application/json')
    }
  })
})

describe('sending through a Baileys bridge', () => {
  it('speaks our own protocol', async () => {
    await using end = await FarEnd.open()
    const account = accountAt(end, { serverUrl: end.url, sendKey: 'send-key-of-bridge' })
    end.answers.push({ status: 200, json: { messageId: '3EB0' } })
    const content = { text: 'Да, "в 14:00" 🙂' }
    const sent = await account.send({ partId: 'b_1.0', to: CHAT, content }, signal)
    assert.deepEqual(sent, { providerId: '3EB0' })
    const { method, url, headers, body } = end.take()
    assert.deepEqual([method, url], ['POST', '/send-message'])
    assert.equal(headers['x-api-key'], 'send-key-of-bridge')
    assert.equal(headers['idempotency-key'], 'b_1.0')
    assert.deepEqual(JSON.parse(body), { to: CHAT, message: content.text })
    await account.typing?.({ to: CHAT, messageId: '3A01' }, signal)
    assert.deepEqual(
      end.asked.map(({ url }) => url),
      ['/send-seen', '/send-typing'],
    )
  })
  it('sends nothing without an address', async () => {
    await using end = await FarEnd.open()
    const account = accountAt(end, {})
    assert.deepEqual([account.sends, account.typing], [false, undefined])
    const part = { partId: 'b_1.0', to: CHAT, content: { text: 'x' } }
    assert.equal((await refusalOf(account.send(part, signal))).code, 'send_refused')
  })
})
