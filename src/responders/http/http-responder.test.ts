import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { closedPort } from '../../../test/support/closed-port.ts'
import { reserialise } from '../../channels/own/json.ts'
import { verify } from '../../channels/own/signature.ts'
import { RapidFireError } from '../../errors.ts'
import type { BatchId, Message } from '../../message.ts'
import type { TurnToAnswer } from '../responder.ts'
import { ForwardResponder } from './forward-responder.ts'
import { HttpResponder, type HttpResponderOptions } from './http-responder.ts'

const NOW = 1_753_270_000_000
const KEY = 'secret-of-the-backend'
const conversation = { tenant: 'salon', channel: 'whatsapp', peer: '79001234567' }
const MESSAGE: Message = {
  ...{ conversation, id: 'A1', address: '79001234567@c.us', type: 'chat', text: 'Привет "мир"' },
  ...{ sentAt: NOW, sentAtExact: true, receivedAt: NOW },
}
const TURN: TurnToAnswer = {
  ...{ conversation, batchId: 'b_1' as BatchId, text: MESSAGE.text, history: [] },
  messages: [{ ...MESSAGE, id: 'A0' }, MESSAGE],
}

interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

let backend: Server
let seen: Seen[]
let answer: (response: ServerResponse) => void
let url = ''

before(async () => {
  backend = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url: path = '', headers } = request
    seen.push({ method, path, headers, body: Buffer.concat(chunks) })
    answer(response)
  }).listen(0, '127.0.0.1')
  await once(backend, 'listening')
  url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}/bot`
})
beforeEach(() => {
  seen = []
  answer = say('"Hello"', 'application/json')
})
after(() => {
  backend.closeAllConnections()
  backend.close()
})

const say =
  (body: string | Buffer, type = '', status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { ...(type && { 'content-type': type }), ...headers }).end(body)
  }

const never = new AbortController().signal
const options = (more: Partial<HttpResponderOptions> = {}): HttpResponderOptions => ({
  ...{ url, secret: null, callbackUrlFor: () => null, callbackMs: 600_000, clock: () => NOW },
  ...more,
})
const ask = (more: Partial<HttpResponderOptions> = {}, signal = never) =>
  new HttpResponder(options(more)).respond(TURN, signal)
const forward = (signal = never) =>
  new ForwardResponder({ ...options(), callsOf: async () => null }).respond(TURN, signal)

const fails =
  (code: string, retryAfterMs: number | null = null) =>
  (error: unknown) => {
    assert.ok(error instanceof RapidFireError, String(error))
    assert.deepEqual([error.code, error.retryAfterMs], [code, retryAfterMs], error.message)
    assert.doesNotMatch(error.message, /мир|79001234567|secret/)
    return true
  }
const callbackUrlFor = (batchId: BatchId) => `https://bot.example/callback/${batchId}/T`

describe('a call to a backend', () => {
  it('brings the turn as JSON, under a key that is the same at each try', async () => {
    assert.equal(await ask({ callbackUrlFor }), 'Hello')
    await ask()
    const [{ method, path, headers, body } = {} as Seen, second] = seen
    assert.deepEqual([method, path], ['POST', '/bot'])
    assert.equal(headers['content-type'], 'application/json')
    const keys = [headers['idempotency-key'], second?.headers['idempotency-key']]
    assert.deepEqual(keys, ['b_1', 'b_1'])
    const { phone, text, messages, callbackUrl } = JSON.parse(body.toString())
    assert.deepEqual([phone, text, messages.length], ['79001234567', 'Привет "мир"', 2])
    assert.equal(callbackUrl, 'https://bot.example/callback/b_1/T')
    assert.equal(JSON.parse(String(second?.body)).callbackUrl, null)
  })

  it('is signed with a secret as our own bridges sign', async () => {
    const address = `${url}/v1?tenant=salon%207&x=1`
    await ask({ url: address, secret: KEY })
    const [{ method, path, headers, body: rawBody } = {} as Seen] = seen
    assert.equal(path, '/bot/v1?tenant=salon%207&x=1')
    assert.equal(headers['x-timestamp'], String(NOW))
    const call = { method, url: path, headers, rawBody }
    assert.ok(verify(call, [{ tenant: null, key: KEY }], NOW, reserialise).ok)
    const other = verify(call, [{ tenant: null, key: `${KEY}x` }], NOW, reserialise)
    assert.equal(other.ok, false)
  })

  it('is not signed without one', async () => {
    await ask()
    const { headers } = seen[0] ?? ({} as Seen)
    assert.deepEqual([headers['x-signature'], headers['x-timestamp']], [undefined, undefined])
  })

  it('shows name and password of the address to the backend and to nobody else', async () => {
    const address = url.replace('//', '//anna:p%40ss%20secret@')
    await ask({ url: address })
    const basic = Buffer.from('anna:p@ss secret').toString('base64')
    assert.equal(seen[0]?.headers.authorization, `Basic ${basic}`)
    answer = say('', '', 404)
    await assert.rejects(ask({ url: `${address}?key=secret` }), fails('responder_refused'))
    await ask({ url: url.replace('//', '//anna:100%@') }).catch(fails('responder_refused'))
    assert.equal(seen[2]?.headers.authorization, `Basic ${btoa('anna:100%')}`)
  })
})

describe('what a backend answers with 2xx', () => {
  const heard: [string, (response: ServerResponse) => void, unknown][] = [
    ['JSON', say('{"reply":"a\\n\\nb"}', 'application/json'), 'a\n\nb'],
    ['201', say('{"reply":"a"}', 'application/json', 201), 'a'],
    ['a text', say('Привет', 'text/plain; charset=utf-8'), 'Привет'],
    ['items of n8n', say('[{"output":"a"}]', 'application/json'), [{ text: 'a' }]],
    [
      'parts',
      say('{"parts":["a",{"reaction":"❤️"}]}', 'application/json'),
      [{ text: 'a' }, { reaction: '❤️', messageId: 'A1' }],
    ],
    ['half a character', say('"a\\udc00"', 'application/json'), 'a\ufffd'],
    ['bytes that are no UTF-8', say(Buffer.from([97, 255]), 'text/plain'), 'a\ufffd'],
    ['nothing', say(''), []],
    ['204', say('', '', 204), []],
    ['null', say('null', 'application/json'), []],
    ['1 MiB', say('x'.repeat(1_048_576), 'text/plain'), 'x'.repeat(1_048_576)],
  ]
  for (const [name, given, right] of heard) {
    it(`may be ${name}`, async () => {
      answer = given
      assert.deepEqual(await ask(), right)
    })
  }

  const unusable: [string, (response: ServerResponse) => void][] = [
    ['2 MB', say('x'.repeat(2_000_000), 'text/plain')],
    ['a page', say('<!doctype html><p>мир', 'text/html')],
    ['a page that says it is text', say('<html>мир', 'text/plain')],
    ['JSON that breaks off', say('{"reply":"мир', 'application/json')],
    ['JSON in UTF-16', say(Buffer.from('{"reply":"x"}', 'utf16le'), 'application/json')],
    ['JSON of another shape', say('{"мир":1}', 'application/json')],
    ['an image', say(Buffer.from([1, 2]), 'image/png')],
    ['202 without a callbackUrl', say('', '', 202)],
  ]
  for (const [name, given] of unusable) {
    it(`fault 68: is unusable as ${name}`, async () => {
      answer = given
      await assert.rejects(ask(), fails('answer_unusable'))
    })
  }

  it('comes later with 202 and a callbackUrl, whatever stands in it', async () => {
    answer = say('{"reply":"not yet"}', 'application/json', 202)
    assert.deepEqual(await ask({ callbackUrlFor, callbackMs: 5000 }), { laterMs: 5000 })
  })

  it('is read no further than it may be long', async () => {
    const { promise: hungUp, resolve } = Promise.withResolvers<void>()
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const talk = (): void => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', talk).on('close', resolve)
      talk()
    }
    await assert.rejects(ask(), fails('answer_unusable'))
    await hungUp
  })
})

describe('a backend that does not answer with 2xx', () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 599]) {
    it(`fault 68: may be asked again after ${status}`, async () => {
      answer = say('{"reply":"no"}', 'application/json', status)
      await assert.rejects(ask(), fails('responder_failed'))
      await assert.rejects(forward(), fails('responder_failed'))
    })
  }

  for (const status of [300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 413, 422]) {
    it(`fault 68: has refused with ${status}, and is followed nowhere`, async () => {
      answer = say('', '', status, { location: `${url}/elsewhere` })
      await assert.rejects(ask(), fails('responder_refused'))
      await assert.rejects(forward(), fails('responder_refused'))
      assert.equal(seen.length, 2)
    })
  }

  it('says when it may be asked again', async () => {
    answer = say('', '', 429, { 'retry-after': '7' })
    await assert.rejects(ask(), fails('responder_failed', 7000))
    answer = say('', '', 503, { 'retry-after': new Date(NOW + 5000).toUTCString() })
    await assert.rejects(ask(), fails('responder_failed', 5000))
  })

  it('cannot be connected to, and has got nothing', async () => {
    const gone = await closedPort()
    for (const host of ['127.0.0.1', 'localhost', 'no-such-host.invalid']) {
      await assert.rejects(ask({ url: `http://${host}:${gone}/bot` }), fails('responder_away'))
    }
  })

  it('fault 68: hangs up or breaks off, and may be asked again', async () => {
    answer = (response) => response.destroy()
    await assert.rejects(ask(), fails('responder_failed'))
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' })
      response.write('half an answer', () => response.destroy())
    }
    await assert.rejects(ask(), fails('responder_failed'))
  })
})

describe('a backend that takes too long', () => {
  it('fault 69: is left when the signal aborts, whatever it says then', async () => {
    const limit = new AbortController()
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>()
    answer = resolve
    const answered = ask({}, limit.signal)
    const late = await asked
    const closed = once(late, 'close')
    limit.abort(new DOMException('too slow', 'TimeoutError'))
    await assert.rejects(answered, (error) => error === limit.signal.reason)
    late.end('"late"')
    await closed
  })

  it('is left in the midst of its answer', async () => {
    const limit = new AbortController()
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.write('half', () => limit.abort(new Error('another worker has the turn')))
    }
    await assert.rejects(ask({}, limit.signal), (error) => error === limit.signal.reason)
  })

  it('is not asked when that has come before', async () => {
    const reason = new Error('stopping')
    await assert.rejects(ask({}, AbortSignal.abort(reason)), (error) => error === reason)
    assert.equal(seen.length, 0)
  })
})

describe('a backend that answers by itself', () => {
  for (const [name, given] of [
    ['an answer', say('{"reply":"x"}', 'application/json')],
    ['a page', say('<html>', 'text/html')],
    ['202', say('', '', 202)],
    ['204', say('', '', 204)],
  ] as const) {
    it(`gets the turn without a callbackUrl, and ${name} is silence`, async () => {
      answer = given
      assert.deepEqual(await forward(), [])
      assert.equal(JSON.parse(String(seen[0]?.body)).callbackUrl, null)
    })
  }

  it('is not listened to for ever', async () => {
    const { promise: hungUp, resolve } = Promise.withResolvers<void>()
    answer = (response) => {
      response.writeHead(200).write('x')
      response.on('close', resolve)
    }
    assert.deepEqual(await forward(), [])
    await hungUp
  })
})
