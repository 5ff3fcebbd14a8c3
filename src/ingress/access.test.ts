import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RapidFireError } from '../errors.ts'
import {
  type AccessSettings,
  accessAtStart,
  isLoopbackHostHeader,
  isLoopbackName,
  secretsOf,
  whyNotLocal,
} from './access.ts'

const bare: AccessSettings = {
  host: '127.0.0.1',
  secretKey: null,
  webhookApiKey: null,
  venomServerUrl: null,
  nodeEnv: 'development',
  defaultTenant: 'default',
  tenants: new Map(),
}
const tenant = (id: string, secretKey: string | null) => ({
  id,
  secretKey,
  idleMs: 0,
  idleMsByType: {},
  maxSize: 10,
  ageMs: 60_000,
})

describe('a start without a secret (acceptance 16)', () => {
  it('takes calls from this machine only, and says so', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1', '127.9.9.9']) {
      const access = accessAtStart({ ...bare, host })
      assert.equal(access.mode, 'localOnly')
      assert.match(access.warning ?? '', /this machine only/)
    }
  })

  const unsafe: [string, Partial<AccessSettings>, RegExp][] = [
    ['on every address', { host: '0.0.0.0' }, /HOST "0\.0\.0\.0".*VENOM_SECRET_KEY/],
    ['on an outer address', { host: '192.168.1.5' }, /VENOM_SECRET_KEY/],
    ['on every IPv6 address', { host: '::' }, /VENOM_SECRET_KEY/],
    ['on a name', { host: 'example.com' }, /VENOM_SECRET_KEY/],
    ['with a channel that sends', { venomServerUrl: 'http://127.0.0.1:1' }, /VENOM_SERVER_URL/],
    ['in production', { nodeEnv: 'production' }, /NODE_ENV/],
  ]
  for (const [name, settings, wayOut] of unsafe) {
    it(`is refused ${name}, with the way out`, () => {
      assert.throws(
        () => accessAtStart({ ...bare, ...settings }),
        (error) =>
          error instanceof RapidFireError &&
          error.code === 'access_unsafe' &&
          wayOut.test(error.message),
      )
    })

    it(`is signed ${name} once there is a secret`, () => {
      const tenants = new Map([['salon', tenant('salon', 's'.repeat(16))]])
      for (const secret of [{ secretKey: 'x' }, { webhookApiKey: 'x' }, { tenants }]) {
        assert.deepEqual(accessAtStart({ ...bare, ...settings, ...secret }), { mode: 'signed' })
      }
    })
  }
})

describe('secrets', () => {
  it('are the default one, which names any tenant, and those of tenants, which name themselves', () => {
    const tenants = new Map([
      ['default', tenant('default', 'main')],
      ['salon', tenant('salon', 'own')],
      ['bar', tenant('bar', null)],
    ])
    assert.deepEqual(secretsOf({ ...bare, secretKey: 'main', tenants }), [
      { tenant: null, key: 'main' },
      { tenant: 'salon', key: 'own' },
    ])
  })
})

describe('an unsigned call', () => {
  const host = '127.0.0.1:3000'
  const local = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    whyNotLocal({ remoteAddress, headers: { host, ...headers } })

  it('from this machine is local', () => {
    assert.equal(local({}), null)
    assert.equal(local({}, '::1'), null)
    assert.equal(local({}, '::ffff:127.0.0.1'), null)
    assert.equal(local({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }), null)
    assert.equal(local({ 'sec-fetch-site': 'none' }), null)
    assert.equal(local({ host: 'localhost' }), null)
    assert.equal(local({ host: '[::1]:3000' }), null)
  })

  const foreign: Record<string, Record<string, string>> = {
    Forwarded: { forwarded: 'for=1.2.3.4' },
    'X-Forwarded-For': { 'x-forwarded-for': '127.0.0.1' },
    'X-Forwarded-Proto': { 'x-forwarded-proto': 'https' },
    'X-Real-IP': { 'x-real-ip': '127.0.0.1' },
    Via: { via: '1.1 proxy' },
    'a foreign Origin': { origin: 'https://evil.example' },
    'Origin null': { origin: 'null' },
    'an Origin on another port': { origin: 'http://127.0.0.1:8080' },
    'Sec-Fetch-Site cross-site': { 'sec-fetch-site': 'cross-site' },
    'Sec-Fetch-Site same-site': { 'sec-fetch-site': 'same-site' },
    'a foreign Host': { host: 'evil.example' },
  }
  for (const [name, headers] of Object.entries(foreign)) {
    it(`with ${name} is not local`, () => assert.notEqual(local(headers), null))
  }

  it('from another address is not local', () => {
    assert.notEqual(local({}, '10.0.0.1'), null)
    assert.notEqual(whyNotLocal({ remoteAddress: undefined, headers: { host } }), null)
  })
})

describe('loopback names', () => {
  it('are known in Host', () => {
    for (const good of ['localhost', 'localhost:3000', '127.0.0.1:3000', '[::1]', 'LOCALHOST:1']) {
      assert.ok(isLoopbackHostHeader(good), good)
    }
    const bad = [
      undefined,
      '',
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      'localhost@evil.example',
      '127.0.0.1:3000:4000',
      '::1',
      '[::1',
      '0.0.0.0',
      'localhost:',
    ]
    for (const each of bad) assert.ok(!isLoopbackHostHeader(each), String(each))
  })

  it('are known as addresses', () => {
    for (const good of ['127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1']) {
      assert.ok(isLoopbackName(good), good)
    }
    for (const bad of ['128.0.0.1', '127.0.0.256', '127.1', '::', '0.0.0.0', '1127.0.0.1']) {
      assert.ok(!isLoopbackName(bad), bad)
    }
  })
})
