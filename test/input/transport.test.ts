/** What clients would refuse to send: bytes on a bare socket. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { it } from 'node:test'
import { BATCHED, P, startApi, statusOf } from '../support/api.ts'
import { refusesBytes, withApi } from './refusals.ts'

const QUICK = { requestMs: 300, checkMs: 30, silentMs: 2000 }

function post(headers: string, body = '', target = BATCHED): string {
  return `POST ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`
}
const JSON_TYPE = 'Content-Type: application/json\r\n'
const GOOD = JSON.stringify({ from: P, message: 'x' })

refusesBytes(
  'HTTP that is none',
  {
    'Content-Length and Transfer-Encoding': {
      bytes: post(`${JSON_TYPE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`, '0\r\n\r\n'),
      status: 400,
      code: 'invalid_format',
    },
    'two lengths': {
      bytes: post(`${JSON_TYPE}Content-Length: 5\r\nContent-Length: 6\r\n`, '{"a":1'),
      status: 400,
      code: 'invalid_format',
    },
    'bare line feeds': {
      bytes: 'POST /webhook/whatsapp HTTP/1.1\nHost: localhost\n\n',
      status: 400,
      code: 'invalid_format',
    },
    'a folded header': {
      bytes: post('X-A: 1\r\n  2\r\n'),
      status: 400,
      code: 'invalid_format',
    },
    'no Host': {
      bytes: 'GET /health HTTP/1.1\r\n\r\n',
      status: 400,
      code: 'invalid_format',
    },
    'a foreign Host': {
      bytes: 'GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n',
      status: 421,
      code: 'foreign_host',
    },
    'a negative length': {
      bytes: post(`${JSON_TYPE}Content-Length: -1\r\n`),
      status: 400,
      code: 'invalid_format',
    },
    'a length as exponent': {
      bytes: post(`${JSON_TYPE}Content-Length: 1e3\r\n`),
      status: 400,
      code: 'invalid_format',
    },
    'a length in hex': {
      bytes: post(`${JSON_TYPE}Content-Length: 0x10\r\n`),
      status: 400,
      code: 'invalid_format',
    },
    'a length of 100 GB': {
      bytes: post(`${JSON_TYPE}Content-Length: 99999999999\r\n`, '{'),
      status: 413,
      code: 'body_too_large',
    },
    'chunks beyond the limit': {
      bytes: post(
        `${JSON_TYPE}Transfer-Encoding: chunked\r\n`,
        `50000\r\n${'x'.repeat(0x50000)}\r\n`,
      ),
      status: 413,
      code: 'body_too_large',
    },
    'a chunk size of 17 digits': {
      bytes: post(`${JSON_TYPE}Transfer-Encoding: chunked\r\n`, `${'f'.repeat(17)}\r\n`),
      status: 400,
      code: 'invalid_format',
    },
    'a chunk extension of 64 kB': {
      bytes: post(`${JSON_TYPE}Transfer-Encoding: chunked\r\n`, `1;${'x'.repeat(65_536)}\r\n`),
      status: 400,
      code: 'invalid_format',
    },
    'a header of 20 kB': {
      bytes: post(`X-A: ${'a'.repeat(20_000)}\r\n`),
      status: 431,
      code: 'headers_too_large',
    },
    '2001 headers': {
      bytes: post(Array.from({ length: 2001 }, (_, i) => `a${i}: bbbb\r\n`).join('')),
      status: 431,
      code: 'headers_too_large',
    },
    'a path of 17 kB': {
      bytes: `GET /${'a'.repeat(17_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      status: 431,
      code: 'headers_too_large',
    },
    'HTTP/2 without TLS': {
      bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      status: 400,
      code: 'invalid_format',
    },
    'a TLS greeting': {
      bytes: Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
      status: 400,
      code: 'invalid_format',
    },
    'a method of 1 kB': {
      bytes: `${'A'.repeat(1024)} / HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      status: 400,
      code: 'invalid_format',
    },
    'a broken escape in the path': {
      bytes: 'GET /%E0%A4%A HTTP/1.1\r\nHost: localhost\r\n\r\n',
      status: 400,
      code: 'invalid_format',
    },
    'a NUL in a header': {
      bytes: post('X-A: a\0b\r\n'),
      status: 400,
      code: 'invalid_format',
    },
    CONNECT: {
      bytes: 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      status: 405,
      code: 'method_not_allowed',
    },
  },
  { limits: QUICK },
)

refusesBytes(
  'requests that never end',
  {
    'silence after connecting': { bytes: '', status: 408, code: 'request_timeout' },
    'headers without an end': {
      bytes: 'POST / HTTP/1.1\r\nHost: localhost\r\n',
      status: 408,
      code: 'request_timeout',
    },
    'a body without an end': {
      bytes: post(`${JSON_TYPE}Content-Length: 50\r\n`, '{"from":'),
      status: 408,
      code: 'request_timeout',
    },
    'a chunk of 16 f': {
      bytes: post(`${JSON_TYPE}Transfer-Encoding: chunked\r\n`, `${'f'.repeat(16)}\r\nx`),
      status: 408,
    },
  },
  { limits: QUICK },
)

refusesBytes('paths and methods beside the routes', {
  'doubled slashes': { bytes: post('', '', '//webhook//whatsapp/batched'), status: 404 },
  'a trailing slash': { bytes: post('', '', `${BATCHED}/`), status: 404 },
  'an escaped slash': { bytes: post('', '', '/webhook%2Fwhatsapp'), status: 404 },
  dots: { bytes: post('', '', '/webhook/x/../whatsapp'), status: 404 },
  'escaped dots': { bytes: post('', '', '/webhook/%2e%2e/webhook/whatsapp'), status: 404 },
  'a path parameter': { bytes: post('', '', '/webhook/whatsapp;x=1'), status: 404 },
  'another case': { bytes: post('', '', '/WEBHOOK/whatsapp'), status: 404 },
  TRACE: {
    bytes: `TRACE ${BATCHED} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    status: 405,
    code: 'method_not_allowed',
  },
  PROPFIND: {
    bytes: `PROPFIND ${BATCHED} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    status: 405,
    code: 'method_not_allowed',
  },
  OPTIONS: {
    bytes: `OPTIONS ${BATCHED} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\r\n\r\n`,
    status: 405,
    code: 'method_not_allowed',
  },
  HEAD: {
    bytes: `HEAD ${BATCHED} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    status: 405,
  },
  'an unknown path': { bytes: post('', '', '/webhook'), status: 404, code: 'not_found' },
})

withApi('odd but honest requests', {}, (running) => {
  it('takes queries that it does not know', async () => {
    const body = JSON.stringify({ from: P, message: 'x', messageId: 'query' })
    const path = `${BATCHED}?a=1&a=2&__proto__[x]=1`
    const { status } = await running().call({ path, body })
    assert.equal(status, 200)
    assert.equal(Reflect.get({}, 'x'), undefined)
  })

  it('answers a hundred requests of one packet in their order', async () => {
    const count = 100
    const one = (n: number) => {
      const path = n % 2 === 0 ? '/ready' : '/nowhere'
      const last = n === count - 1 ? 'Connection: close\r\n' : ''
      return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${last}\r\n`
    }
    const raw = await running().raw(Array.from({ length: count }, (_, n) => one(n)).join(''))
    const statuses = [...raw.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)
    assert.deepEqual(
      statuses,
      Array.from({ length: count }, (_, n) => (n % 2 === 0 ? '200' : '404')),
    )
  })

  it('sends no permission for foreign pages', async () => {
    const answer = await running().call({ method: 'GET', path: '/ready' })
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
  })

  it('fault 49: keeps what a caller sent who did not wait for the answer, once', async () => {
    const api = running()
    const body = JSON.stringify({ from: '79005550001', message: 'x', messageId: 'gone' })
    const accepted = new Promise<void>((resolve) => {
      api.events.subscribe((name) => name === 'message.accepted' && resolve())
    })
    const head = `POST ${BATCHED} HTTP/1.1\r\nHost: localhost\r\n${JSON_TYPE}`
    const socket = connect(api.port, '127.0.0.1')
    socket.end(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)
    await accepted
    socket.destroy()
    const again = await api.call({ body })
    assert.deepEqual([again.status, again.body.addedCount, again.body.duplicates], [200, 0, 1])
  })

  it('fault 49: keeps nothing of a caller who hangs up within the body', async () => {
    const api = running()
    const before = await api.trace()
    await new Promise<void>((resolve) => {
      const socket = connect(api.port, '127.0.0.1', () => {
        socket.write(post(`${JSON_TYPE}Content-Length: ${GOOD.length + 1}\r\n`, GOOD), () => {
          socket.destroy()
        })
      })
      socket.on('close', () => resolve())
    })
    assert.equal((await api.call({ method: 'GET', path: '/ready' })).status, 200)
    assert.deepEqual(await api.trace(), before)
    assert.ok(!api.seen.includes('internal.error'))
  })
})

it('is free again once the silent callers that filled its sockets are timed out', async () => {
  await using api = await startApi({ limits: { ...QUICK, maxConnections: 4 } })
  const silent = [1, 2, 3, 4].map(() => api.raw(''))
  const answers = await Promise.all(silent)
  assert.deepEqual(answers.map(statusOf), [408, 408, 408, 408])
  assert.equal((await api.call({ method: 'GET', path: '/ready' })).status, 200)
})
