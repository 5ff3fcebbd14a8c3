import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { FarEnd, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel, Proof } from '../channel.ts'
import { evolution } from './index.ts'

const NOW_S = Date.UTC(2026, 0, 15) / 1000
const TOKEN = 'evo-webhook-token-test'
const JWT_KEY = 'evo-jwt-key-test-0001'
const rawBody = Buffer.from('{}')

const accountAt = (end: FarEnd, given: object): Channel =>
  evolution.open(valuesOf(evolution.settings, { ...given }), end.deps)

const CLAIMS = { iat: NOW_S, exp: NOW_S + 600, app: 'evolution', action: 'webhook' }
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
function jwt(
  claims: object,
  key = JWT_KEY,
  head: object = { alg: 'HS256', typ: 'JWT' },
  hash = 'sha256',
): string {
  const signed = `${part(head)}.${part(claims)}`
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`
}
function byRsa(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(CLAIMS)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('who calls as Evolution API', () => {
  const token = { webhookToken: TOKEN }
  const jwtKey = { jwtKey: JWT_KEY }
  const both = { ...token, ...jwtKey }
  const table: Record<string, [object, Record<string, string>, string, string?]> = {
    'anybody without a secret': [{}, {}, 'open'],
    'the right header': [token, { 'x-webhook-token': TOKEN }, 'ok'],
    'a header of another name': [{ ...token, header: 'x-salon' }, { 'x-salon': TOKEN }, 'ok'],
    'a wrong header': [token, { 'x-webhook-token': 'nope' }, 'auth_invalid'],
    'no header': [token, {}, 'auth_missing'],
    'a parameter': [token, {}, 'ok', `?token=${TOKEN}`],
    'a wrong parameter': [token, {}, 'auth_invalid', '?token=nope'],
    'a parameter given twice': [token, {}, 'auth_missing', `?token=${TOKEN}&token=x`],
    'a token where a header is wanted': [token, bearer(jwt(CLAIMS)), 'auth_missing'],
    'the right token': [jwtKey, bearer(jwt(CLAIMS)), 'ok'],
    'the right token, its scheme in lower case': [
      jwtKey,
      { authorization: `bearer ${jwt(CLAIMS)}` },
      'ok',
    ],
    'no token': [jwtKey, {}, 'auth_missing'],
    'something else in its place': [jwtKey, { authorization: 'Basic YTpi' }, 'auth_missing'],
    'a token of another key': [jwtKey, bearer(jwt(CLAIMS, 'another-key-0001')), 'auth_invalid'],
    'a token that is over': [jwtKey, bearer(jwt({ ...CLAIMS, exp: NOW_S - 1 })), 'auth_invalid'],
    'a token without an end': [jwtKey, bearer(jwt({ ...CLAIMS, exp: undefined })), 'auth_invalid'],
    'a token of another app': [jwtKey, bearer(jwt({ ...CLAIMS, app: 'x' })), 'auth_invalid'],
    'a token of another action': [jwtKey, bearer(jwt({ ...CLAIMS, action: 'x' })), 'auth_invalid'],
    'a token that nobody signed': [
      jwtKey,
      bearer(`${part({ alg: 'none' })}.${part(CLAIMS)}.`),
      'auth_invalid',
    ],
    'a token of a longer hash': [
      jwtKey,
      bearer(jwt(CLAIMS, JWT_KEY, { alg: 'HS512' }, 'sha512')),
      'auth_invalid',
    ],
    'a token signed by RSA': [jwtKey, bearer(byRsa()), 'auth_invalid'],
    'a token that claims RSA': [
      jwtKey,
      bearer(jwt(CLAIMS, JWT_KEY, { alg: 'RS256' })),
      'auth_invalid',
    ],
    'a token whose key is said to lie elsewhere': [
      jwtKey,
      bearer(jwt(CLAIMS, '', { alg: 'HS256', kid: '../../dev/null' })),
      'auth_invalid',
    ],
    'no token at all': [jwtKey, bearer('a.b.c'), 'auth_invalid'],
    'either: the header': [both, { 'x-webhook-token': TOKEN }, 'ok'],
    'either: the token': [both, bearer(jwt(CLAIMS)), 'ok'],
    'either: a wrong header': [both, { 'x-webhook-token': 'nope' }, 'auth_invalid'],
    'either: neither': [both, {}, 'auth_missing'],
  }
  for (const [name, [given, headers, expected, query = '']] of Object.entries(table)) {
    it(`${name}: ${expected}`, async () => {
      await using end = await FarEnd.open()
      const url = `/webhook/evolution${query}`
      const call = { method: 'POST', url, publicUrl: '', headers, rawBody }
      const proof: Proof = await accountAt(end, given).verify(call)
      assert.equal(proof === 'open' ? proof : proof.ok ? 'ok' : proof.code, expected)
    })
  }

  it('is known again by what the account signs', async () => {
    await using end = await FarEnd.open()
    for (const given of [token, jwtKey, both]) {
      const account = accountAt(end, given)
      const target = new URL('https://bot.example/hook')
      const headers = account.sign({ method: 'POST', url: '/hook', rawBody, target })
      const call = { method: 'POST', url: '/hook', publicUrl: '', headers, rawBody }
      const proof = await account.verify(call)
      assert.ok(proof !== 'open' && proof.ok)
    }
  })
})
