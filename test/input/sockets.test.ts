/** What stands on one socket beside a good call: pipelines, garbage, bodies that never end. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { it } from 'node:test'
import { BATCHED, DIRECT, P, SECRET, signatureOf, startApi, statusOf } from '../support/api.ts'
import { withApi } from './refusals.ts'

const bodyOf = (id: string): string => JSON.stringify({ from: P, message: 'x', messageId: id })
const post = (id: string, headers = '', version = '1.1'): string =>
  `POST ${BATCHED} HTTP/${version}\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
  `${headers}Content-Length: ${bodyOf(id).length}\r\n\r\n${bodyOf(id)}`
const statuses = (raw: string): number[] =>
  [...raw.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
const answers =
  (count: number) =>
  (soFar: string): boolean =>
    statuses(soFar).length >= count && soFar.endsWith('}')

withApi('sockets', {}, (running) => {
  it('answers a good call before it refuses the junk behind it', async () => {
    const raw = await running().raw(`${post('junk')}JUNKJUNK\r\n\r\n`)
    assert.deepEqual(statuses(raw), [200, 400])
  })

  it('answers a whole pipeline in order, and then the garbage at its end', async () => {
    const bad = post('bad').replace(BATCHED, `${BATCHED}x`)
    const raw = await running().raw(`${post('p1')}${bad}${post('p2')}\0\0\0`)
    assert.deepEqual(statuses(raw), [200, 404, 200, 400])
  })

  it('answers a thousand and more calls on one socket', async () => {
    const raw = await running().raw(
      Array.from({ length: 1100 }, (_, n) => post(`many${n}`)).join(''),
      answers(1100),
    )
    assert.equal(statuses(raw).filter((status) => status === 200).length, 1100)
  })

  it('takes a call of HTTP/1.0, a chunked one, and one whose path is written with escapes', async () => {
    assert.deepEqual(statuses(await running().raw(post('old', '', '1.0'), answers(1))), [200])
    const body = bodyOf('chunked')
    const chunked = post('chunked').replace(
      /Content-Length: .*$/s,
      `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    )
    assert.deepEqual(statuses(await running().raw(chunked, answers(1))), [200])
    const escaped = post('escaped').replace(BATCHED, BATCHED.replace('b', '%62'))
    assert.deepEqual(statuses(await running().raw(escaped, answers(1))), [200])
  })

  it('ignores an expectation that nobody knows', async () => {
    const raw = await running().raw(post('expects', 'Expect: miracles\r\n'), answers(1))
    assert.deepEqual(statuses(raw), [200])
  })

  it('refuses a target that names a host of its own', async () => {
    const raw = await running().raw(
      post('absolute').replace(BATCHED, `http://evil.example${BATCHED}`),
      answers(1),
    )
    assert.equal(statusOf(raw), 400)
  })

  for (const method of ['QUERY', 'PROPFIND', 'LINK']) {
    it(`refuses ${method} as a caller's mistake, with nothing in the log`, async () => {
      const raw = await running().raw(
        `${method} ${BATCHED} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
        answers(1),
      )
      assert.ok([404, 405].includes(statusOf(raw)), raw)
      assert.ok(!running().seen.includes('internal.error'))
    })
  }

  it('counts headers that are many as too large', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => `h${n}: 1\r\n`).join('')
    assert.equal(statusOf(await running().raw(post('headers', many), answers(1))), 431)
  })

  it('takes a discard without a body whatever its type says', async () => {
    const { status, body } = await running().call({
      method: 'DELETE',
      path: `${BATCHED}/${P}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    assert.deepEqual([status, body.code], [401, 'token_required'])
  })
})

const env = { VENOM_SECRET_KEY: SECRET, WEBHOOK_API_KEY: 'the-static-key-of-tests' }

withApi('before a body is received', { env }, (running) => {
  /** Headers of a call whose body never comes. */
  const announced = (path: string, headers: Record<string, string>): string =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
    `Content-Length: 200000\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`
  const now = () => String(Date.now())

  for (const [what, headers] of [
    ['no headers of a signature', {}],
    ['half of a signature', { 'x-signature': 'a'.repeat(64) }],
    ['a time of yesterday', { 'x-signature': 'a'.repeat(64), 'x-timestamp': '1700000000000' }],
    ['a signature of no form', { 'x-signature': 'zz', 'x-timestamp': now() }],
    ['a wrong static key', { 'x-api-key': 'not-the-key-of-these-tests' }],
  ] as const) {
    it(`a call with ${what} is refused`, async () => {
      for (const path of [BATCHED, DIRECT]) {
        const raw = await running().raw(announced(path, headers), answers(1))
        assert.equal(statusOf(raw), 401)
      }
    })
  }

  it('flush is refused without the token', async () => {
    assert.equal(statusOf(await running().raw(announced('/operator/flush', {}), answers(1))), 401)
  })

  it('the static key discards nothing', async () => {
    const { status, body } = await running().call({
      method: 'DELETE',
      path: `${BATCHED}/${P}`,
      headers: { 'x-api-key': env.WEBHOOK_API_KEY },
    })
    assert.deepEqual([status, body.code], [401, 'token_required'])
  })
})

it('fault 67: bodies in flight have a bound, and when they are gone there is room again', async () => {
  await using api = await startApi({
    env: { VENOM_SECRET_KEY: SECRET },
    limits: { maxBodyBytes: 300_000 },
  })
  const body = bodyOf('bound')
  const headers = Object.entries(signatureOf({ body }))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const slow = connect(api.port, '127.0.0.1')
  slow.on('error', () => {})
  const continued = new Promise((resolve) => slow.once('data', resolve))
  slow.write(
    `POST ${BATCHED} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
      `${headers}Expect: 100-continue\r\nContent-Length: 250000\r\n\r\n`,
  )
  await continued
  const big = `${body}${' '.repeat(100_000)}`
  const refused = await api.signed({ body: big })
  assert.deepEqual([refused.status, refused.body.code], [503, 'overloaded'])
  assert.ok(refused.headers.get('retry-after'))
  const gone = new Promise((resolve) => slow.once('close', resolve))
  slow.destroy()
  await gone
  while ((await api.signed({ body: big })).status !== 200);
})
