import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isNoConnection } from './no-connection.ts'

const system = (code: string, syscall?: string): Error =>
  Object.assign(new Error(code), { code, ...(syscall !== undefined && { syscall }) })
const fetchFailed = (cause: unknown): Error => new TypeError('fetch failed', { cause })
const refused = system('ECONNREFUSED', 'connect')

describe('a call', () => {
  for (const [name, error] of [
    ['that is refused', fetchFailed(refused)],
    ['to a name without an address', fetchFailed(system('ENOTFOUND', 'getaddrinfo'))],
    ['to a name that cannot be asked for', fetchFailed(system('EAI_AGAIN', 'getaddrinfo'))],
    ['without a way', fetchFailed(system('EHOSTUNREACH', 'connect'))],
    ['without a net', fetchFailed(system('ENETUNREACH', 'connect'))],
    ['that nobody takes in time', fetchFailed(system('ETIMEDOUT', 'connect'))],
    ['that fetch waits too long for', fetchFailed(system('UND_ERR_CONNECT_TIMEOUT'))],
    [
      'to several addresses that all fail so',
      fetchFailed(new AggregateError([refused, system('ETIMEDOUT', 'connect')])),
    ],
    ['that failed without a wrapping', refused],
  ] as const) {
    it(`${name} had no connection`, () => assert.equal(isNoConnection(error), true))
  }

  for (const [name, error] of [
    ['that was cut', fetchFailed(system('ECONNRESET', 'read'))],
    ['that fell silent', fetchFailed(system('ETIMEDOUT', 'read'))],
    ['that lost its way', fetchFailed(system('EHOSTUNREACH', 'write'))],
    ['that fetch waited too long for an answer to', fetchFailed(system('UND_ERR_HEADERS_TIMEOUT'))],
    [
      'to several addresses of which one failed otherwise',
      fetchFailed(
        Object.assign(new AggregateError([refused, system('ECONNRESET', 'read')]), refused),
      ),
    ],
    ['to no address at all', fetchFailed(new AggregateError([]))],
    ['without a reason', fetchFailed(undefined)],
    ['that threw no error', 'ECONNREFUSED'],
  ] as const) {
    it(`${name} may have had one`, () => assert.equal(isNoConnection(error), false))
  }
})
