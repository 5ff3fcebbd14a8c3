import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { closedPort } from '../../test/support/closed-port.ts'
import { RapidFireError } from '../errors.ts'
import { BridgeSender } from './bridge-sender.ts'

const PART = { partId: 'b_1.0', to: '79001234567@c.us', content: { text: 'Привет,\n"мир" 🙂' } }

interface Seen {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

describe('a Venom bridge', () => {
  let bridge: Server
  let seen: Seen[]
  let answer: (response: ServerResponse) => void
  let url = ''

  before(async () => {
    bridge = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { method, url: path, headers } = request
      seen.push({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') })
      answer(response)
    }).listen(0, '127.0.0.1')
    await once(bridge, 'listening')
    url = `http://127.0.0.1:${(bridge.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    seen = []
    answer = (response) => void response.writeHead(200).end('{"messageId":"true_1"}')
  })
  after(() => {
    bridge.closeAllConnections()
    bridge.close()
  })

  const channel = (more: { url?: string; apiKey?: string | null; timeoutMs?: number } = {}) =>
    new BridgeSender({
      name: 'venom',
      url,
      apiKey: 'key-of-the-bridge',
      timeoutMs: 5000,
      typing: false,
      ...more,
    })
  const send = (more?: Parameters<typeof channel>[0], signal = new AbortController().signal) =>
    channel(more).send(PART, signal)
  const sendError = (code: string) => (error: unknown) =>
    error instanceof RapidFireError && error.code === code

  test('gets the address as it came in, the text as it is, the key, and an id for each part', async () => {
    assert.deepEqual(await send(), { providerId: 'true_1' })
    const [{ method, path, headers, body } = {} as Seen] = seen
    assert.deepEqual([method, path], ['POST', '/send-message'])
    assert.deepEqual(JSON.parse(body), { to: PART.to, message: PART.content.text })
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers['x-api-key'], 'key-of-the-bridge')
    assert.equal(headers['idempotency-key'], 'b_1.0')
  })

  const find = async (status: number, body: string, startedAt = Date.now()) => {
    answer = (response) => void response.writeHead(status).end(body)
    return channel().find({ ...PART, startedAt }, new AbortController().signal)
  }

  test('of ours is asked for the key of a part', async () => {
    const found = await find(200, '{"success":true,"sent":true,"messageId":"true_1"}')
    assert.deepEqual(found, { ids: ['true_1'], isAll: true })
    const [{ method, path, headers, body } = {} as Seen] = seen
    assert.deepEqual([method, path, body], ['POST', '/was-sent', '{"key":"b_1.0"}'])
    assert.equal(headers['x-api-key'], 'key-of-the-bridge')
    assert.equal(headers['idempotency-key'], undefined)
  })

  test('of ours knows for a day that it did not send a part', async () => {
    const no = '{"success":true,"sent":false}'
    assert.deepEqual(await find(200, no), { ids: [], isAll: true })
    assert.deepEqual(await find(200, no, Date.now() - 86_400_001), { ids: [], isAll: false })
  })

  test('of others tells nothing', async () => {
    for (const [status, body] of [
      [404, ''],
      [405, '{}'],
      [501, 'no'],
      [200, 'hello'],
      [200, '{"success":true}'],
      [200, 'null'],
      [200, '{"sent":true}'],
    ] as const) {
      assert.deepEqual(await find(status, body), { ids: [], isAll: false }, `${status} ${body}`)
    }
  })

  test('that sends it at the moment says so by a refusal', async () => {
    const busy = '{"success":false,"error":"it is under way: ask again","code":"send_failed"}'
    await assert.rejects(find(503, busy), sendError('send_failed'))
  })

  test('may live under a path, with or without a slash at its end', async () => {
    await send({ url: `${url}/venom/` })
    await send({ url: `${url}/venom` })
    assert.deepEqual(
      seen.map(({ path }) => path),
      ['/venom/send-message', '/venom/send-message'],
    )
  })

  test('gets no key when there is none', async () => {
    await send({ apiKey: null })
    assert.equal(seen[0]?.headers['x-api-key'], undefined)
  })

  for (const [status, body, providerId] of [
    [200, '{"id":"x"}', 'x'],
    [201, '', ''],
    [202, 'queued', ''],
    [204, '', ''],
    [200, '{"messageId":{"fromMe":true}}', ''],
    [200, 'null', ''],
    [200, '[]', ''],
  ] as const) {
    test(`fault 72: takes a part with ${status} and "${body}"`, async () => {
      answer = (response) => void response.writeHead(status).end(body)
      assert.deepEqual(await send(), { providerId })
    })
  }

  test('fault 74: that does not accept our key has taken nothing, and is asked again', async () => {
    answer = (response) => void response.writeHead(401).end('{"error":"no such key"}')
    await assert.rejects(send(), sendError('send_denied'))
  })

  for (const status of [400, 403, 404, 410, 413, 422]) {
    test(`refuses a part for good with ${status}`, async () => {
      answer = (response) => void response.writeHead(status).end('{"error":"no"}')
      await assert.rejects(send(), sendError('send_refused'))
    })
  }

  for (const status of [408, 425, 429, 500, 502, 503, 504]) {
    test(`may be asked again after ${status}`, async () => {
      answer = (response) => void response.writeHead(status).end()
      await assert.rejects(send(), sendError('send_failed'))
    })
  }

  test('that is up and not connected has taken nothing, and says why', async () => {
    answer = (response) => {
      response.writeHead(503).end('{"error":"WhatsApp is not connected","code":"send_away"}')
    }
    await assert.rejects(send(), (error) => {
      assert.ok(error instanceof RapidFireError)
      assert.equal(error.code, 'send_away')
      assert.match(error.message, /503: WhatsApp is not connected$/)
      return true
    })
  })

  test('is not followed to another address: the key and the text stay here', async () => {
    answer = (response) => void response.writeHead(307, { location: `${url}/elsewhere` }).end()
    await assert.rejects(send(), sendError('send_failed'))
    assert.equal(seen.length, 1)
  })

  test('that cannot be connected to has taken nothing, and may be asked again', async () => {
    const gone = await closedPort()
    for (const host of ['127.0.0.1', 'localhost', 'no-such-host.invalid']) {
      await assert.rejects(send({ url: `http://${host}:${gone}` }), sendError('send_away'))
    }
  })

  test('shows name, password and query of its address to the bridge and to nobody else', async () => {
    const secretly = (to: string) =>
      `${to.replace('//', '//anna:p%40ss%20secret@')}/venom?key=secret`
    await send({ url: secretly(url) })
    const [{ path, headers } = {} as Seen] = seen
    assert.equal(path, '/venom/send-message?key=secret')
    assert.equal(headers.authorization, `Basic ${btoa('anna:p@ss secret')}`)
    assert.equal(headers['x-api-key'], 'key-of-the-bridge')
    const gone = `http://127.0.0.1:${await closedPort()}`
    answer = (response) => void response.writeHead(500).end()
    for (const to of [url, gone]) {
      await assert.rejects(send({ url: secretly(to) }), (error: Error) => {
        assert.ok(
          error.message.startsWith(`the bridge at ${to}/venom/send-message `),
          error.message,
        )
        assert.doesNotMatch(error.message, /secret|anna|p%40ss|key=/)
        return true
      })
    }
  })

  test('that hangs up or says nothing may be asked again', async () => {
    answer = (response) => response.destroy()
    await assert.rejects(send(), sendError('send_failed'))
    answer = () => {}
    await assert.rejects(send({ timeoutMs: 20 }), sendError('send_failed'))
  })

  test('that never stops talking is heard as far as it is useful', async () => {
    let talking = true
    answer = (response) => {
      response.writeHead(200)
      const talk = (): void => {
        while (talking && response.write('x'.repeat(16_384)));
      }
      response.on('drain', talk)
      response.on('close', () => {
        talking = false
      })
      talk()
    }
    assert.deepEqual(await send(), { providerId: '' })
  })

  test('fault 72: that breaks off after a 2xx has the part', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"id', () => response.destroy())
    }
    assert.deepEqual(await send(), { providerId: '' })
  })

  test('is not waited for when the lease is lost', async () => {
    const lease = new AbortController()
    answer = () => lease.abort(new Error('another worker has the turn'))
    await assert.rejects(send({}, lease.signal), /another worker has the turn/)
  })

  test('names neither key nor text nor phone in its errors', async () => {
    answer = (response) =>
      void response.writeHead(500).end(`${PART.content.text} key-of-the-bridge`)
    await assert.rejects(send(), (error: Error) => {
      assert.doesNotMatch(error.message, /мир|key-of-the-bridge|7900/)
      return true
    })
  })
})
