import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf } from '../../../test/providers/far-end.ts'
import { openVenom, type VenomValues } from './index.ts'
import { SCHEMES, type Scheme, verifyVenom } from './verify.ts'

const NOW = 1_768_467_602_000
const SECRET = 'venom-test-secret'
const KEY = 'webhook-key-of-venom'
const URL_PATH = '/webhook/whatsapp'
const BODY = '{"from":"79001234567@c.us","message":"Привет"}'

const hex = (signed: string, secret = SECRET) =>
  createHmac('sha256', secret).update(signed).digest('hex')
const byPath = (ts: string | number = NOW) => ({
  'x-timestamp': String(ts),
  'x-signature': hex(`POST:${URL_PATH}:${ts}:${BODY}`),
})
const byTimestamp = (ts: string | number = NOW) => ({
  'x-timestamp': String(ts),
  'x-signature': hex(`${ts}.${BODY}`),
})
const byBody = { 'x-signature': `sha256=${hex(BODY)}` }

interface Given {
  secretKey?: string | null
  webhookKey?: string | null
  schemes?: readonly Scheme[]
}
function proofOf(headers: Record<string, string>, given: Given = {}, body = BODY, url = URL_PATH) {
  const { secretKey = SECRET, webhookKey = null, schemes = SCHEMES } = given
  const call = { method: 'POST', url, headers, rawBody: Buffer.from(body) }
  const proof = verifyVenom(call, { secretKey, webhookKey, schemes }, NOW)
  return proof === 'open' ? 'open' : proof.ok ? 'ok' : proof.code
}

describe('a call of a Venom bridge', () => {
  const right: Record<string, [Record<string, string>, Scheme]> = {
    'method, path, time and body': [byPath(), 'path'],
    'time in ms and body': [byTimestamp(), 'timestamp'],
    'time in s and body': [byTimestamp(NOW / 1000), 'timestamp'],
    'time of five minutes ago and body': [byTimestamp(NOW - 300_000), 'timestamp'],
    'the body alone': [byBody, 'body'],
  }
  for (const [name, [headers, scheme]] of Object.entries(right)) {
    it(`is known by a signature over ${name}, where that is allowed`, () => {
      assert.equal(proofOf(headers), 'ok')
      assert.equal(proofOf(headers, { schemes: [scheme] }), 'ok')
      const others = SCHEMES.filter((one) => one !== scheme)
      assert.notEqual(proofOf(headers, { schemes: others }), 'ok')
      assert.notEqual(proofOf(headers, {}, `${BODY} `.replace('Привет', 'Пока')), 'ok')
      assert.notEqual(proofOf(headers, { secretKey: 'another-secret-01' }), 'ok')
    })
  }

  it('gives what is the same for an exact replay', () => {
    const call = { method: 'POST', url: URL_PATH, headers: byBody, rawBody: Buffer.from(BODY) }
    const secrets = { secretKey: SECRET, webhookKey: null, schemes: SCHEMES }
    assert.deepEqual(verifyVenom(call, secrets, NOW), { ok: true, seal: hex(BODY) })
    const timed = { ...call, headers: byTimestamp() }
    assert.deepEqual(verifyVenom(timed, secrets, NOW), { ok: true, seal: hex(`${NOW}.${BODY}`) })
  })

  const signature = byTimestamp()['x-signature']
  const wrong: Record<string, [Record<string, string>, string]> = {
    nothing: [{}, 'auth_missing'],
    'no time': [{ 'x-signature': signature }, 'auth_missing'],
    'no signature': [{ 'x-timestamp': String(NOW) }, 'auth_missing'],
    'an old one by its path': [byPath(NOW - 300_001), 'auth_timestamp'],
    'an old one': [byTimestamp(NOW - 300_001), 'auth_timestamp'],
    'one to come': [byTimestamp(NOW + 300_001), 'auth_timestamp'],
    'an old one in s': [byTimestamp(NOW / 1000 - 301), 'auth_timestamp'],
    'a time with letters': [byTimestamp(`${NOW}abc`), 'auth_timestamp'],
    NaN: [byTimestamp('NaN'), 'auth_timestamp'],
    'another time than was signed': [
      { ...byTimestamp(), 'x-timestamp': String(NOW + 1) },
      'auth_invalid',
    ],
    'upper case': [{ ...byTimestamp(), 'x-signature': signature.toUpperCase() }, 'auth_invalid'],
    'too much': [{ ...byTimestamp(), 'x-signature': `${signature}zz` }, 'auth_invalid'],
    'another prefix': [{ 'x-signature': `sha1=${hex(BODY)}` }, 'auth_missing'],
    'a prefix before a timed one': [
      { ...byTimestamp(), 'x-signature': `sha256=${signature}` },
      'auth_invalid',
    ],
    'a prefix twice': [{ 'x-signature': `sha256=sha256=${hex(BODY)}` }, 'auth_invalid'],
    'the body alone without its prefix': [
      { ...byTimestamp(), 'x-signature': hex(BODY) },
      'auth_invalid',
    ],
    'a key that nobody asked for': [{ 'x-api-key': KEY }, 'auth_missing'],
  }
  for (const [name, [headers, code]] of Object.entries(wrong)) {
    it(`is refused with ${name}`, () => assert.equal(proofOf(headers), code))
  }

  it('is bound to its path by the scheme of that name alone', () => {
    assert.equal(proofOf(byPath(), {}, BODY, '/elsewhere'), 'auth_invalid')
    assert.equal(proofOf(byTimestamp(), {}, BODY, '/elsewhere'), 'ok')
  })

  it('may show a static key instead', () => {
    const both = { webhookKey: KEY }
    assert.equal(proofOf({ 'x-api-key': KEY }, both), 'ok')
    assert.equal(proofOf(byPath(), both), 'ok')
    assert.equal(proofOf({ ...byPath(NOW - 999_999), 'x-api-key': KEY }, both), 'ok')
    assert.equal(proofOf({ 'x-api-key': 'webhook-key-of-other' }, both), 'auth_invalid')
    assert.equal(proofOf({}, both), 'auth_missing')
    assert.equal(proofOf({ 'x-api-key': KEY }, { ...both, secretKey: null }), 'ok')
    assert.equal(proofOf(byPath(), { ...both, secretKey: null }), 'auth_missing')
    assert.equal(proofOf({}, { secretKey: null }), 'open')
  })
})

describe('an account of Venom', () => {
  const VALUES: VenomValues = {
    secretKey: SECRET,
    webhookKey: null,
    serverUrl: null,
    apiKey: null,
    typing: true,
    timeoutMs: 5000,
  }
  const deps = { tenant: 'default', http: null as never, clock: () => NOW }
  const signal = new AbortController().signal
  const part = { partId: 'b_1.0', to: '79001234567@c.us', content: { text: 'Да' } }

  it('signs what it hands on so that it would be taken', async () => {
    const account = openVenom(VALUES, deps)
    const rawBody = Buffer.from(BODY)
    const target = new URL('http://backend/hook?x=1')
    const headers = account.sign({ method: 'POST', url: '/', rawBody, target })
    const call = { method: 'POST', url: '/hook?x=1', publicUrl: '', headers, rawBody }
    const proof = await account.verify(call)
    assert.ok(proof !== 'open' && proof.ok)
    const withKey = openVenom({ ...VALUES, secretKey: null, webhookKey: KEY }, deps)
    const shown = withKey.sign({ method: 'POST', url: '/', rawBody, target })
    assert.deepEqual(shown, { 'content-type': 'application/json', 'x-api-key': KEY })
  })

  it('sends by the bridge that it knows, and says so where it knows none', async () => {
    await using end = await FarEnd.open()
    end.answers.push({ status: 200, json: { messageId: 'true_1' } })
    const account = openVenom({ ...VALUES, serverUrl: end.url, apiKey: 'key-of-bridge' }, end.deps)
    assert.ok(account.sends && account.typing)
    assert.deepEqual(await account.send(part, signal), { providerId: 'true_1' })
    const { url, headers, body } = end.take()
    assert.deepEqual([url, headers['x-api-key']], ['/send-message', 'key-of-bridge'])
    assert.deepEqual(JSON.parse(body), { to: part.to, message: 'Да' })
    const none = openVenom(VALUES, deps)
    assert.deepEqual([none.sends, none.typing], [false, undefined])
    assert.equal((await refusalOf(none.send(part, signal))).code, 'send_refused')
  })
})
