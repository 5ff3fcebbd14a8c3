/** Headers that say what the body is: parser and check must read them the same way. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { BATCHED, P, statusOf, wholeAnswer } from '../support/api.ts'
import { type BadCall, refusesCalls, withApi } from './refusals.ts'

const GOOD = JSON.stringify({ from: P, message: 'x' })
const refused = (contentType: string, body: string | Buffer = GOOD): BadCall => ({
  headers: { 'content-type': contentType },
  body,
  status: 415,
  code: 'unsupported_media_type',
})

refusesCalls('content types', {
  'text/plain with JSON': refused('text/plain'),
  'a form': refused('application/x-www-form-urlencoded', 'from=1&message=x'),
  multipart: refused('multipart/form-data; boundary=x', `--x\r\n\r\n${GOOD}\r\n--x--`),
  'a tab and more': refused('application/json\tfoo'),
  'garbage behind': refused('application/json garbage'),
  'a semicolon and garbage': refused('application/json; garbage'),
  'two types': refused('application/json, text/plain'),
  'a longer type': refused('application/jsonp'),
  'a problem type': refused('application/problem+json'),
  'UTF-16': refused('application/json; charset=utf-16', Buffer.from(GOOD, 'utf16le')),
  'an unknown charset': refused('APPLICATION/JSON ;charset=x'),
  'KOI8-R': refused('application/json; charset=koi8-r'),
  'two charsets': refused('application/json; charset=utf-8; charset=utf-16'),
  'a charset hidden in a parameter': refused('application/json; a="b"; charset=utf-7'),
  gzip: {
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(GOOD),
    status: 415,
    code: 'unsupported_media_type',
    error: 'Send the body as it is, without Content-Encoding',
  },
  'a gzip bomb': {
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(1 << 24)),
    status: 415,
    code: 'unsupported_media_type',
  },
})

withApi('content types that are JSON', {}, (running) => {
  const good = [
    'application/json',
    'APPLICATION/JSON',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json ; charset=utf8',
    'application/json; version=1; charset=utf-8',
  ]
  for (const [index, type] of good.entries()) {
    it(`takes ${type}`, async () => {
      const body = JSON.stringify({ from: P, message: 'x', messageId: `type-${index}` })
      const { status, text } = await running().call({ headers: { 'content-type': type }, body })
      assert.equal(status, 200, text)
    })
  }

  const raw = (headers: string) =>
    running().raw(
      `POST ${BATCHED} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: ${GOOD.length}\r\n\r\n${GOOD}`,
      wholeAnswer,
    )

  it('refuses a body without a type', async () => {
    assert.equal(statusOf(await raw('')), 415)
  })

  it('takes leading blanks for nothing', async () => {
    assert.equal(statusOf(await raw('Content-Type:    application/json\r\n')), 200)
  })

  it('reads the first of two types, as its parser does', async () => {
    const json = 'Content-Type: application/json\r\n'
    const text = 'Content-Type: text/plain\r\n'
    assert.equal(statusOf(await raw(json + text)), 200)
    assert.equal(statusOf(await raw(text + json)), 415)
  })
})
