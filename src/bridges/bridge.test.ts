import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { defaultSettings } from '../../test/support/default-tenant.ts'
import { FakeLibrary } from '../../test/support/fake-library.ts'
import { StubGateway } from '../../test/support/stub-gateway.ts'
import { tempFolder } from '../../test/support/temp-folder.ts'
import { RapidFireError } from '../errors.ts'
import { Bridge, type BridgeSettings } from './bridge.ts'
import type { BridgeEvent } from './bridge-events.ts'
import { SendError } from './library.ts'

const KEY = 'the-key-of-a-bridge'

interface Reply {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

class Scene {
  readonly folder = tempFolder('bridge')
  readonly library = new FakeLibrary()
  readonly told: BridgeEvent[] = []
  readonly bridge: Bridge
  url = ''

  constructor(gatewayUrl: string, more: Partial<BridgeSettings> = {}) {
    const settings: BridgeSettings = {
      ...defaultSettings(),
      ...{ gatewayUrl, bridgePort: 0, bridgeHost: '127.0.0.1', bridgeSession: 'main' },
      ...{ secretKey: null, venomApiKey: KEY, dataDir: this.folder.path, ...more },
    }
    const tell = (event: BridgeEvent): number => this.told.push(event)
    this.bridge = new Bridge({ settings, library: this.library, tell })
  }

  static async start(gatewayUrl = 'http://127.0.0.1:1', more?: Partial<BridgeSettings>) {
    const scene = new Scene(gatewayUrl, more)
    scene.url = await scene.bridge.start()
    return scene
  }

  async call(
    path: string,
    body: unknown,
    headers: Record<string, string> = { 'x-api-key': KEY },
    method = 'POST',
  ): Promise<Reply> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const json = (await response.json()) as Record<string, unknown>
    return { status: response.status, headers: response.headers, body: json }
  }

  /** A call under an Idempotency-Key. */
  send(key: string, message = 'Привет', to = '79001234567'): Promise<Reply> {
    const headers = { 'x-api-key': KEY, 'idempotency-key': key }
    return this.call('/send-message', { to, message }, headers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bridge.stop()
    this.folder[Symbol.dispose]()
  }
}

describe('what a bridge is told to send', () => {
  it('is known by its key, before and after', async () => {
    await using scene = await Scene.start()
    const ask = async () => {
      const { status, body } = await scene.call('/was-sent', { key: 'b_1.0' })
      return [status, body.sent, body.messageId]
    }
    assert.deepEqual(await ask(), [200, false, undefined])
    await scene.send('b_1.0')
    assert.deepEqual(await ask(), [200, true, 'ID-b_1.0'])
    assert.equal((await scene.call('/was-sent', {})).status, 400)
    assert.equal((await scene.call('/was-sent', { key: 'b_1.0' }, {})).status, 401)
  })

  it('goes to the library, and its id comes back', async () => {
    await using scene = await Scene.start()
    const { status, body } = await scene.send('b_1.0')
    assert.deepEqual([status, body], [200, { success: true, messageId: 'ID-b_1.0' }])
    const to = '79001234567@c.us'
    const reaction = { to, emoji: '👍', messageId: 'A1' }
    assert.equal((await scene.call('/send-reaction', reaction)).status, 200)
    assert.deepEqual((await scene.call('/send-typing', { to })).body, { success: true })
    assert.equal((await scene.call('/send-seen', { to, messageId: 'A1' })).status, 200)
    assert.deepEqual(scene.library.sent, [
      '79001234567: Привет',
      '👍 on A1',
      `typing to ${to}`,
      `seen A1 of ${to}`,
    ])
  })

  it('is sent once under one key, also after a new start', async () => {
    await using gateway = await StubGateway.start()
    await using scene = await Scene.start(gateway.url)
    const first = await scene.send('b_1.0')
    assert.deepEqual((await scene.send('b_1.0')).body, first.body)
    await scene.bridge.stop()
    await using again = await Scene.start(gateway.url, { dataDir: scene.folder.path })
    assert.deepEqual((await again.send('b_1.0')).body, first.body)
    assert.equal((await again.send('b_1.1')).status, 200)
    assert.deepEqual([scene.library.sent.length, again.library.sent.length], [1, 1])
  })

  it('is sent once when calls with one key come at once', async () => {
    await using scene = await Scene.start()
    const ending = Promise.withResolvers<string>()
    scene.library.endings.push(ending.promise)
    const calls = [scene.send('k'), scene.send('k'), scene.send('k')]
    const late = await scene.call('/send-typing', { to: '79001234567' })
    assert.equal(late.status, 200)
    ending.resolve('ID')
    for (const { status, body } of await Promise.all(calls)) {
      assert.deepEqual([status, body.messageId], [200, 'ID'])
    }
    assert.equal(scene.library.sent.filter((one) => !one.startsWith('typing')).length, 1)
  })

  it('goes on when the caller hangs up, and the next call with the key gets the result', async () => {
    await using scene = await Scene.start()
    const ending = Promise.withResolvers<string>()
    scene.library.endings.push(ending.promise)
    const gone = fetch(`${scene.url}/send-message`, {
      ...{ method: 'POST', signal: AbortSignal.timeout(50) },
      headers: { 'content-type': 'application/json', 'x-api-key': KEY, 'idempotency-key': 'k' },
      body: '{"to":"79001234567","message":"Привет"}',
    })
    await assert.rejects(gone)
    ending.resolve('ID')
    assert.equal((await scene.send('k')).body.messageId, 'ID')
    assert.equal(scene.library.sent.length, 1)
  })

  it('is refused when the key stands for another message', async () => {
    await using scene = await Scene.start()
    await scene.send('k')
    const { status, body } = await scene.send('k', 'Пока')
    assert.deepEqual([status, body.code], [409, 'conflict'])
    assert.equal(scene.library.sent.length, 1)
  })

  it('may be sent again under its key after it failed', async () => {
    await using scene = await Scene.start()
    scene.library.endings.push(SendError.failed('no answer'), SendError.away('not connected'))
    for (const code of ['send_failed', 'send_away']) {
      const { status, body, headers } = await scene.send('k')
      assert.deepEqual([status, body.success, body.code], [503, false, code])
      assert.equal(headers.get('retry-after'), '5')
    }
    assert.equal((await scene.send('k')).status, 200)
    assert.deepEqual(
      scene.told
        .filter(({ name }) => name === 'part.failed')
        .map((event) => 'code' in event && event.code),
      ['send_failed', 'send_away'],
    )
  })

  it('is refused for good where the library says so', async () => {
    await using scene = await Scene.start()
    for (const answer of [400, 403, 404] as const) {
      scene.library.endings.push(SendError.refused(answer, 'never'))
      const { status, body } = await scene.send(`k${answer}`)
      assert.deepEqual(
        [status, body],
        [answer, { success: false, error: 'never', code: 'send_refused' }],
      )
    }
    // A gateway takes 404 to this path for a bridge that cannot react, and sends the emoji as text.
    const reaction = { to: '79001234567', emoji: '👍', messageId: 'unknown' }
    assert.equal((await scene.call('/send-reaction', reaction)).status, 400)
  })
})

describe('a call to a bridge', () => {
  const to = '79001234567'
  const wrong: Record<string, [string, unknown, number, string]> = {
    'without an address': ['/send-message', { message: 'x' }, 400, 'missing_fields'],
    'without a message': ['/send-message', { to }, 400, 'missing_fields'],
    'with an empty message': ['/send-message', { to, message: '' }, 400, 'missing_fields'],
    'with a number for a message': ['/send-message', { to, message: 5 }, 400, 'invalid_format'],
    'to a group': ['/send-message', { to: '1-2@g.us', message: 'x' }, 400, 'invalid_phone'],
    'to an address with another domain': [
      ...(['/send-message', { to: '79001234567@evil.test', message: 'x' }] as const),
      ...([400, 'invalid_phone'] as const),
    ],
    'that is no JSON': ['/send-message', '{', 400, 'invalid_json'],
    'that is a list': ['/send-message', [], 400, 'invalid_format'],
    'that is too long': ['/send-message', 'x'.repeat(300_000), 413, 'body_too_large'],
    'to nowhere': ['/send-money', {}, 404, 'not_found'],
    'to a path of objects': ['/constructor', {}, 404, 'not_found'],
  }
  for (const [name, [path, body, status, code]] of Object.entries(wrong)) {
    it(`${name} is refused`, async () => {
      await using scene = await Scene.start()
      const reply = await scene.call(path, body)
      assert.deepEqual([reply.status, reply.body.success, reply.body.code], [status, false, code])
      assert.deepEqual(scene.library.sent, [])
    })
  }

  const callers: Record<string, [Record<string, string>, number, string]> = {
    'without a key': [{}, 401, 'auth_missing'],
    'with another key': [{ 'x-api-key': `${KEY}x` }, 401, 'auth_invalid'],
    'with a form': [
      { 'x-api-key': KEY, 'content-type': 'text/plain' },
      415,
      'unsupported_media_type',
    ],
    'with an empty Idempotency-Key': [
      { 'x-api-key': KEY, 'idempotency-key': '' },
      400,
      'invalid_id',
    ],
  }
  for (const [name, [headers, status, code]] of Object.entries(callers)) {
    it(`${name} is refused`, async () => {
      await using scene = await Scene.start()
      const reply = await scene.call('/send-message', { to, message: 'x' }, headers)
      assert.deepEqual([reply.status, reply.body.code], [status, code])
      assert.deepEqual(scene.library.sent, [])
    })
  }

  it('by another method is refused', async () => {
    await using scene = await Scene.start()
    assert.equal((await scene.call('/send-message', null, {}, 'GET')).status, 405)
    assert.equal((await scene.call('/health', {})).status, 405)
  })

  it('needs no key where none is set, but comes from this machine and no foreign page', async () => {
    await using scene = await Scene.start(undefined, { venomApiKey: null })
    const body = { to, message: 'x' }
    assert.equal((await scene.call('/send-message', body, {})).status, 200)
    const page = await scene.call('/send-message', body, { origin: 'https://evil.test' })
    assert.deepEqual([page.status, page.body.code], [403, 'access_local_only'])
    const proxy = await scene.call('/send-message', body, { 'x-forwarded-for': '198.51.100.7' })
    assert.equal(proxy.status, 403)
  })
})

describe('a bridge', () => {
  it('posts what its library tells', async () => {
    await using gateway = await StubGateway.start()
    await using scene = await Scene.start(gateway.url)
    scene.library.tell('a', 'b')
    const posts = await gateway.received(2)
    assert.deepEqual(
      posts.map(({ json }) => json.data),
      [{ body: 'a' }, { body: 'b' }],
    )
    assert.ok(scene.told.some(({ name }) => name === 'posts.unsigned'))
  })

  it('says how it is', async () => {
    await using scene = await Scene.start()
    const hooks = await scene.library.started
    assert.equal((await scene.call('/health', null, {}, 'GET')).status, 503)
    hooks.onState('connected', 'CONNECTED')
    const { status, body } = await scene.call('/health', null, {}, 'GET')
    assert.equal(status, 200)
    assert.deepEqual(body, {
      ...{ ok: true, library: 'venom', session: 'main', connected: true },
      ...{ gateway: { awayMs: null }, queue: { waiting: 0, refused: 0, oldestMs: null } },
    })
    hooks.onState('away', 'TIMEOUT')
    assert.equal((await scene.call('/health', null, {}, 'GET')).status, 503)
  })

  it('fails when its session is over, and keeps what waits', async () => {
    await using scene = await Scene.start()
    const hooks = await scene.library.started
    scene.library.tell('a')
    hooks.onEnded(new RapidFireError('session_ended', 'logged out'))
    await assert.rejects(scene.bridge.failed, { code: 'session_ended' })
    assert.equal(scene.bridge.queue.counts().waiting, 1)
  })

  it('fails when its library cannot be started', async () => {
    await using scene = new Scene('http://127.0.0.1:1')
    scene.library.start = async () => {
      throw new RapidFireError('library_failed', 'no Chrome')
    }
    await scene.bridge.start()
    await assert.rejects(scene.bridge.failed, { code: 'library_failed' })
  })

  it('finishes what is being sent before it ends the library', async () => {
    await using scene = await Scene.start()
    const ending = Promise.withResolvers<string>()
    scene.library.endings.push(ending.promise)
    const call = scene.send('k')
    while (scene.library.sent.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const stopped = scene.bridge.stop()
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(scene.library.stops, 0)
    ending.resolve('ID')
    assert.equal((await call).status, 200)
    await stopped
    assert.equal(scene.library.stops, 1)
    await scene.bridge.stop()
    assert.equal(scene.library.stops, 1)
  })

  it('does not listen for strangers without a key', () => {
    assert.throws(
      () => new Scene('http://127.0.0.1:1', { venomApiKey: null, bridgeHost: '0.0.0.0' }),
      {
        code: 'access_unsafe',
        message: /VENOM_API_KEY/,
      },
    )
  })

  it('lets go of its queue when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const taken = new Scene('http://127.0.0.1:1', { bridgePort: port })
    await assert.rejects(taken.bridge.start(), { code: 'port_in_use', message: /BRIDGE_PORT/ })
    await using again = await Scene.start(undefined, { dataDir: taken.folder.path })
    assert.ok(again.url)
    other.close()
    taken.folder[Symbol.dispose]()
  })
})
