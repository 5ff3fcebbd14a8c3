import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { reserialise } from './json.ts'
import { type Secret, type SignedCall, verify } from './signature.ts'

const NOW = 1_753_270_000_000
const SECRETS: Secret[] = [
  { tenant: null, key: 'default-secret-0123' },
  { tenant: 'salon', key: 'salon-secret-012345' },
]
const URL = '/webhook/whatsapp/batched'

interface Attempt {
  method?: string
  url?: string
  body?: string
  /** What is signed, when it is not the body. */
  over?: string
  timestamp?: string
  secret?: string
  headers?: Record<string, string | string[]>
}

function attempt(given: Attempt) {
  const { method = 'POST', url = URL, body = '{"a":1}', timestamp = String(NOW) } = given
  const secret = given.secret ?? 'default-secret-0123'
  const signature = createHmac('sha256', secret)
    .update(`${method}:${url}:${timestamp}:${given.over ?? body}`)
    .digest('hex')
  const call: SignedCall = {
    method,
    url,
    rawBody: Buffer.from(body),
    headers: { 'x-signature': signature, 'x-timestamp': timestamp, ...given.headers },
  }
  return { call, signature, verified: verify(call, SECRETS, NOW, reserialise) }
}

function codeOf(given: Attempt): string {
  const { verified } = attempt(given)
  return verified.ok ? 'ok' : `${verified.code}: ${verified.message}`
}

const MISSING = 'auth_missing: Missing authentication headers'
const OLD = 'auth_timestamp: Request timestamp too old'
const INVALID = 'auth_invalid: Invalid signature'

describe('a right signature', () => {
  const right: Record<string, Attempt> = {
    'over the bytes as sent': {},
    'over odd spacing and escapes, as sent': { body: '{"message": "\\u041f"}' },
    'over the compact form of what was sent': {
      body: '{"message": "\\u041f"}',
      over: '{"message":"П"}',
    },
    'over nothing, without a body': { method: 'DELETE', body: '' },
    'over {}, without a body': { method: 'DELETE', body: '', over: '{}' },
    'over undefined, without a body': { method: 'DELETE', body: '', over: 'undefined' },
    'of a body that is no JSON': { body: '{"a":' },
    'with a query in the path': { url: `${URL}?companyId=salon` },
    'five minutes ago': { timestamp: String(NOW - 300_000) },
    'five minutes ahead': { timestamp: String(NOW + 300_000) },
  }
  for (const [name, given] of Object.entries(right)) {
    it(`is taken ${name}`, () => assert.equal(codeOf(given), 'ok'))
  }

  it('says whose secret it was, and itself', () => {
    const { verified, signature } = attempt({ secret: 'salon-secret-012345' })
    assert.ok(verified.ok)
    assert.equal(verified.secret.tenant, 'salon')
    assert.equal(verified.signature, signature)
  })
})

describe('a wrong signature', () => {
  const hex = attempt({}).signature
  const wrong: Record<string, [Attempt, string]> = {
    'no signature': [{ headers: { 'x-signature': '' } }, MISSING],
    'no timestamp': [{ headers: { 'x-timestamp': '' } }, MISSING],
    'a wrong secret': [{ secret: 'another-secret-0123' }, INVALID],
    'a changed byte': [{ over: '{"a":2}' }, INVALID],
    'keys in another order': [{ body: '{"a":1,"b":2}', over: '{"b":2,"a":1}' }, INVALID],
    'another method': [{ headers: {}, method: 'PUT', over: 'x' }, INVALID],
    '{} for a body that is there': [{ body: '{"a":1}', over: '{}' }, INVALID],
    'undefined for a body that is there': [{ body: '{"a":1}', over: 'undefined' }, INVALID],
    'upper-case hex': [{ headers: { 'x-signature': hex.toUpperCase() } }, INVALID],
    '63 characters': [{ headers: { 'x-signature': hex.slice(1) } }, INVALID],
    '65 characters': [{ headers: { 'x-signature': `${hex}0` } }, INVALID],
    '64 right ones and two more': [{ headers: { 'x-signature': `${hex}zz` } }, INVALID],
    '64 that are no hex': [{ headers: { 'x-signature': 'z'.repeat(64) } }, INVALID],
    'a prefix': [{ headers: { 'x-signature': `sha256=${hex}` } }, INVALID],
    base64: [{ headers: { 'x-signature': Buffer.from(hex, 'hex').toString('base64') } }, INVALID],
    'two headers joined': [{ headers: { 'x-signature': `${hex}, ${hex}` } }, INVALID],
    'a colon in the path': [{ url: '/webhook/a:1700000000000:b' }, INVALID],
    '301 s ago': [{ timestamp: String(NOW - 300_001) }, OLD],
    '301 s ahead': [{ timestamp: String(NOW + 300_001) }, OLD],
    now: [{ timestamp: 'now' }, OLD],
    NaN: [{ timestamp: 'NaN' }, OLD],
    seconds: [{ timestamp: '1753270000' }, OLD],
    'an ISO date': [{ timestamp: '2025-07-23T11:26:40Z' }, OLD],
    'hex digits': [{ timestamp: '0x1983f2d2e80' }, OLD],
    'trailing letters': [{ timestamp: `${NOW}abc` }, OLD],
    'a space around the time': [{ timestamp: ` ${NOW}` }, OLD],
  }
  for (const [name, [given, expected]] of Object.entries(wrong)) {
    it(`is refused: ${name}`, () => assert.equal(codeOf(given), expected))
  }

  it('is refused when the timestamp was changed afterwards', () => {
    assert.equal(codeOf({ headers: { 'x-timestamp': String(NOW + 1) } }), INVALID)
  })

  it('is refused without throwing whatever stands in the headers', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9a-fz]{60,68}$/))
    fc.assert(
      fc.property(text, fc.oneof(fc.string(), fc.constant(String(NOW))), (signature, timestamp) => {
        const given = { headers: { 'x-signature': signature, 'x-timestamp': timestamp } }
        assert.notEqual(codeOf(given), 'ok')
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused in bounded time for a body that is nested without end', () => {
    assert.equal(codeOf({ body: '['.repeat(130_000), over: 'x' }), INVALID)
  })
})
