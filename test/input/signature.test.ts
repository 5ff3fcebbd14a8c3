/** Who may call: signatures, the static key, and calls without any (acceptance 12 to 16, 19). */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { BATCHED, DIRECT, P, SECRET, signatureOf } from '../support/api.ts'
import { type BadCall, refusesCalls, withApi } from './refusals.ts'

const SIGNED = { env: { VENOM_SECRET_KEY: SECRET } }
const SALON_SECRET = 'the-secret-of-the-salon'
const TENANTS = { ...SIGNED, tenants: { salon: { secretKey: SALON_SECRET }, bar: {} } }
const KEY = 'a-static-key-of-the-tests'
const body = { from: P, message: 'x', messageId: '1' }
const hex = signatureOf({ body })['x-signature'] ?? ''

const missing = {
  status: 401,
  code: 'auth_missing',
  error: 'Missing authentication headers',
} as const
const old = { status: 401, code: 'auth_timestamp', error: 'Request timestamp too old' } as const
const invalid = { status: 401, code: 'auth_invalid', error: 'Invalid signature' } as const
const at = (timestamp: string): BadCall => ({ body, sign: true, timestamp, ...old })
const signedAs = (signature: string): BadCall => ({
  body,
  sign: true,
  headers: { 'x-signature': signature },
  ...invalid,
})

refusesCalls(
  'signatures',
  {
    'no headers': { body, ...missing },
    'no timestamp': { body, headers: { 'x-signature': hex }, ...missing },
    'no signature': { body, headers: { 'x-timestamp': String(Date.now()) }, ...missing },
    'empty headers': { body, headers: { 'x-signature': '', 'x-timestamp': '' }, ...missing },
    '301 s ago': at(String(Date.now() - 301_000)),
    '10 minutes ahead': at(String(Date.now() + 600_000)),
    seconds: at(String(Math.floor(Date.now() / 1000))),
    ISO: at(new Date().toISOString()),
    'now (acceptance 13)': at('now'),
    NaN: at('NaN'),
    'hex digits': at('0x18bcfe56800'),
    'trailing letters': at(`${Date.now()}abc`),
    'a wrong secret': { body, sign: true, secret: 'another-secret-0123', ...invalid },
    'a changed body': {
      body,
      sign: true,
      over: JSON.stringify({ ...body, message: 'y' }),
      ...invalid,
    },
    'reordered keys': {
      body: `{"message":"x","from":"${P}"}`,
      sign: true,
      over: `{"from":"${P}","message":"x"}`,
      ...invalid,
    },
    'a bad body with a wrong signature': { body: '{', sign: true, over: 'x', ...invalid },
    'a deep body with a wrong signature': {
      body: '['.repeat(130_000),
      sign: true,
      over: 'x',
      ...invalid,
    },
    '63 characters': signedAs(hex.slice(1)),
    '65 characters': signedAs(`${hex}0`),
    '64 and two more': signedAs(`${hex}zz`),
    'upper case': signedAs('A'.repeat(64)),
    base64: signedAs(Buffer.from(hex, 'hex').toString('base64')),
    'a prefix': signedAs(`sha256=${hex}`),
    'two joined': signedAs(`${hex}, ${hex}`),
    'another path': {
      ...{ body, path: DIRECT, headers: signatureOf({ body, path: BATCHED }) },
      ...invalid,
    },
    'another query': {
      ...{ body, path: `${BATCHED}?a=1`, headers: signatureOf({ body, path: BATCHED }) },
      ...invalid,
    },
    'another method': {
      method: 'DELETE',
      path: `${BATCHED}/${P}`,
      headers: signatureOf({ method: 'POST', path: `${BATCHED}/${P}` }),
      ...invalid,
    },
    'a discard without signature': { method: 'DELETE', path: `${BATCHED}/${P}`, ...missing },
    'a static key where none is set': { body, headers: { 'x-api-key': KEY }, ...missing },
    'a colon in the path': { body, sign: true, path: `${BATCHED}?a:1700000000000:b`, ...invalid },
  },
  SIGNED,
)

refusesCalls(
  "a tenant's own secret",
  {
    'for another tenant': {
      body: { companyId: 'bar', messages: [{ from: P, body: 'x' }] },
      sign: true,
      secret: SALON_SECRET,
      status: 400,
      code: 'tenant_not_allowed',
    },
    'for nobody': {
      body: { companyId: 'nobody', messages: [{ from: P, body: 'x' }] },
      sign: true,
      secret: SALON_SECRET,
      status: 400,
      code: 'tenant_not_allowed',
    },
    "to discard another tenant's batch": {
      method: 'DELETE',
      path: `${BATCHED}/${P}?companyId=bar`,
      sign: true,
      secret: SALON_SECRET,
      status: 400,
      code: 'tenant_not_allowed',
    },
  },
  TENANTS,
)

refusesCalls(
  'the static key',
  {
    'a wrong one': {
      body,
      headers: { 'x-api-key': `${KEY}x` },
      ...invalid,
      error: 'Invalid API key',
    },
    'an empty one': { body, headers: { 'x-api-key': '' }, ...invalid, error: 'Invalid API key' },
    none: { body, ...missing },
  },
  { env: { WEBHOOK_API_KEY: KEY } },
)

const strangers: Record<string, Record<string, string>> = {
  Forwarded: { forwarded: 'for=1.2.3.4' },
  'X-Forwarded-For': { 'x-forwarded-for': '127.0.0.1' },
  'X-Forwarded-Host': { 'x-forwarded-host': 'localhost' },
  'X-Real-IP': { 'x-real-ip': '127.0.0.1' },
  Via: { via: '1.1 proxy' },
  'a foreign Origin': { origin: 'https://evil.example' },
  'a foreign page': { 'sec-fetch-site': 'cross-site' },
}
refusesCalls(
  'calls without a secret',
  Object.fromEntries([
    ...Object.entries(strangers).map(([name, headers]): [string, BadCall] => [
      name,
      { body, headers, status: 403, code: 'access_local_only' },
    ]),
    ...Object.entries(strangers).map(([name, headers]): [string, BadCall] => [
      `${name}, asking for statistics`,
      { method: 'GET', path: `${BATCHED}/stats`, headers, status: 401, code: 'token_required' },
    ]),
    [
      'a discard',
      { method: 'DELETE', path: `${BATCHED}/${P}`, status: 401, code: 'token_required' },
    ],
  ]),
)

withApi('good callers', TENANTS, (running) => {
  let count = 0
  const fresh = (fields: object = {}) => ({
    from: P,
    message: 'x',
    messageId: `s${++count}`,
    ...fields,
  })

  it('sign what they send, with odd spacing and escapes (acceptance 14)', async () => {
    const spaced = `{"from": "${P}", "message": "\\u041f"}`
    const raw = await running().signed({ body: spaced })
    assert.deepEqual([raw.status, raw.body.addedCount], [200, 1])
    const compact = await running().signed({ body: spaced, over: `{"from":"${P}","message":"П"}` })
    assert.deepEqual([compact.status, compact.body.addedCount], [200, 1])
  })

  it('may come from anywhere', async () => {
    for (const headers of Object.values(strangers)) {
      assert.equal((await running().signed({ body: fresh(), headers })).status, 200)
    }
  })

  it('are answered alike for the same call again, which has no effect (acceptance 19)', async () => {
    for (const given of [fresh(), { from: P, message: 'no id' }]) {
      const headers = signatureOf({ body: given })
      const first = await running().call({ body: given, headers })
      const again = await running().call({ body: given, headers })
      assert.deepEqual([first.status, first.body.addedCount], [200, 1])
      assert.deepEqual([again.status, again.body.addedCount, again.body.duplicates], [200, 0, 1])
    }
  })

  it('may say the same twice: two signed calls without ids are two messages', async () => {
    const given = { from: P, message: 'да' }
    const now = Date.now()
    for (const timestamp of [String(now), String(now - 1)]) {
      const { body: answer } = await running().signed({ body: given, timestamp })
      assert.equal(answer.addedCount, 1)
    }
  })

  it('discard without a body, signed over nothing, {} or undefined (acceptance 15)', async () => {
    for (const over of ['', '{}', 'undefined']) {
      await running().signed({ body: fresh() })
      const given = { method: 'DELETE', path: `${BATCHED}/89001234567`, over }
      const { status, body: answer } = await running().signed(given)
      assert.equal(status, 200)
      assert.equal(answer.message, 'Batch cleared for 89001234567')
      assert.ok(Number(answer.discarded) > 0)
    }
  })

  it('with the secret of a tenant speak for that tenant', async () => {
    const stored = async () =>
      (await running().store.pending({ offset: 0, limit: 100 })).batches.map((b) => b.conversation)
    await running().signed({ body: fresh(), secret: SALON_SECRET })
    assert.ok((await stored()).includes(`salon:${P}` as never))
    const path = `${BATCHED}/${P}`
    await running().signed({ method: 'DELETE', path, secret: SALON_SECRET })
    assert.ok(!(await stored()).includes(`salon:${P}` as never))
  })

  it('with the default secret name any tenant', async () => {
    const given = { ...fresh(), companyId: 'bar' }
    assert.equal((await running().signed({ body: given })).body.addedCount, 1)
  })
})

withApi('callers with the static key', { env: { WEBHOOK_API_KEY: KEY } }, (running) => {
  it('are taken from anywhere, and their equal messages are two', async () => {
    const given = { body: { from: P, message: 'да' }, headers: { 'x-api-key': KEY, via: 'x' } }
    for (const _ of [1, 2]) {
      const { status, body: answer } = await running().call(given)
      assert.deepEqual([status, answer.addedCount], [200, 1])
    }
  })
})
