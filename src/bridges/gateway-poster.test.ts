import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { messageEvent } from '../../test/support/fake-library.ts'
import { type Answer, type Post, StubGateway } from '../../test/support/stub-gateway.ts'
import { tempFolder } from '../../test/support/temp-folder.ts'
import { verify } from '../channels/own/signature.ts'
import type { BridgeEvent } from './bridge-events.ts'
import { openBridgeFile } from './bridge-file.ts'
import { EventQueue } from './event-queue.ts'
import { GatewayPoster, type GatewayPosterOptions } from './gateway-poster.ts'

const SECRET = 'a-secret-of-a-bridge'
const NOW = 1_795_000_000_000

const unexpected = (what: unknown): never => assert.fail(String(what))

class Scene {
  readonly folder = tempFolder('poster')
  readonly told: BridgeEvent[] = []
  readonly waits: number[] = []
  readonly queue: EventQueue
  readonly poster: GatewayPoster
  readonly #database
  #waited = Promise.withResolvers<void>()
  #goOn = Promise.withResolvers<void>()

  constructor(url: string, more: Partial<GatewayPosterOptions> = {}) {
    const { database } = openBridgeFile(this.folder.path, join(this.folder.path, 'b.db'), NOW)
    this.#database = database
    const tell = (event: BridgeEvent): number => this.told.push(event)
    const clock = (): number => NOW
    this.queue = new EventQueue({ database, clock, tell, onFull: unexpected })
    this.poster = new GatewayPoster({
      ...{ queue: this.queue, url, library: 'venom', session: 'main', clock, tell },
      ...{ secret: SECRET, shownKey: null },
      wait: (ms, signal) => {
        this.waits.push(ms)
        this.#waited.resolve()
        const stopped = new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve()),
        )
        return Promise.race([this.#goOn.promise, stopped])
      },
      ...more,
    })
    this.poster.start(unexpected)
  }

  append(...texts: string[]): void {
    this.queue.append(texts.map(messageEvent))
  }

  /** Resolves when the poster waits before its next try. */
  async waiting(): Promise<void> {
    await this.#waited.promise
    this.#waited = Promise.withResolvers<void>()
  }

  goOn(): void {
    const { resolve } = this.#goOn
    this.#goOn = Promise.withResolvers<void>()
    resolve()
  }

  names(): string[] {
    return this.told.map(({ name }) => name)
  }

  /** Resolves when nothing is left to be posted. */
  async empty(): Promise<void> {
    while (this.queue.counts().waiting > 0) await new Promise((resolve) => setImmediate(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.poster.stop()
    this.queue.close()
    this.#database.close()
    this.folder[Symbol.dispose]()
  }
}

const bodies = (posts: readonly Post[]): unknown[] => posts.map(({ json }) => json.data.body)

describe('posting to the gateway', () => {
  it('sends events in order, one after another, and takes them from the queue', async () => {
    await using gateway = await StubGateway.start()
    await using scene = new Scene(gateway.url)
    scene.append('a', 'b')
    scene.append('c')
    assert.deepEqual(bodies(await gateway.received(3)), ['a', 'b', 'c'])
    assert.deepEqual(gateway.posts[0]?.json, {
      event: 'onAnyMessage',
      session: 'main',
      data: { body: 'a' },
    })
    await scene.empty()
    assert.deepEqual(scene.told, [])
  })

  it('signs them as the gateway checks it, below the path of its address', async () => {
    await using gateway = await StubGateway.start()
    await using scene = new Scene(`${gateway.url}/wa/`)
    scene.append('Привет')
    const [post] = await gateway.received(1)
    assert.ok(post)
    assert.equal(post.url, '/wa/webhook/venom')
    const { headers, url, body: rawBody } = post
    const call = { headers, method: 'POST', url, rawBody }
    assert.equal(verify(call, [{ tenant: null, key: SECRET }], NOW, () => null).ok, true)
    assert.equal(headers['content-type'], 'application/json')
  })

  it('does not sign without a secret, and gives name and password of the address as Basic auth', async () => {
    await using gateway = await StubGateway.start()
    const url = gateway.url.replace('http://', 'http://anna:geheim@')
    await using scene = new Scene(url, { secret: null })
    scene.append('a')
    const [post] = await gateway.received(1)
    assert.equal(post?.headers['x-signature'], undefined)
    assert.equal(post?.headers.authorization, `Basic ${btoa('anna:geheim')}`)
  })

  it('shows a key where it has no secret', async () => {
    await using gateway = await StubGateway.start()
    await using scene = new Scene(gateway.url, { secret: null, shownKey: 'a-key-to-show' })
    scene.append('a')
    const [post] = await gateway.received(1)
    assert.equal(post?.headers['x-api-key'], 'a-key-to-show')
  })

  it('says who we are where the library knows', async () => {
    await using gateway = await StubGateway.start()
    await using scene = new Scene(gateway.url)
    scene.queue.append([{ ...messageEvent('a'), me: '{"id":"7@s.whatsapp.net"}' }])
    const [post] = await gateway.received(1)
    assert.deepEqual(Reflect.get(post?.json ?? {}, 'me'), { id: '7@s.whatsapp.net' })
  })

  it('waits for a gateway that is away and goes on where it was; one line each', async () => {
    await using gateway = await StubGateway.start()
    await using scene = new Scene(gateway.url)
    await gateway.close()
    scene.append('a', 'b')
    await scene.waiting()
    scene.goOn()
    await scene.waiting()
    assert.ok(scene.poster.awayMs !== null)
    await gateway.open()
    scene.goOn()
    assert.deepEqual(bodies(await gateway.received(2)), ['a', 'b'])
    await scene.empty()
    assert.deepEqual(scene.names(), ['gateway.away', 'gateway.back'])
    const [away] = scene.told
    assert.ok(away?.name === 'gateway.away' && /ECONNREFUSED/.test(away.error))
    assert.equal(away.waiting, 2)
    assert.equal(scene.poster.awayMs, null)
  })

  const notNow: Record<string, [Answer, RegExp]> = {
    'an overloaded one': [{ status: 503 }, /answered 503$/],
    'one that is limiting': [{ status: 429 }, /answered 429$/],
    'one that timed out': [{ status: 408 }, /answered 408$/],
    'one with another secret': [
      { status: 401, body: { code: 'auth_invalid', error: 'Invalid signature' } },
      /answered 401: Invalid signature$/,
    ],
    'one that takes only its own machine': [{ status: 403 }, /answered 403$/],
    'one that does not know the path': [{ status: 404 }, /answered 404$/],
    'one behind a redirect': [{ status: 302, headers: { location: '/' } }, /answered 302$/],
    'one that hangs up': [{ status: 0, cut: true }, /other side closed|ECONNRESET|socket/],
  }
  for (const [name, [answer, sentence]] of Object.entries(notNow)) {
    it(`keeps the order while it waits for ${name}`, async () => {
      await using gateway = await StubGateway.start()
      gateway.answers.push(answer)
      await using scene = new Scene(gateway.url)
      scene.append('a', 'b')
      await scene.waiting()
      scene.goOn()
      assert.deepEqual(bodies(await gateway.received(3)), ['a', 'a', 'b'])
      await scene.empty()
      const [away] = scene.told
      assert.ok(away?.name === 'gateway.away')
      assert.match(away.error, sentence)
      assert.equal(scene.queue.counts().refused, 0)
    })
  }

  const asked: Record<string, number> = { '7': 7000, '0': 1000, '86400': 60_000 }
  for (const [seconds, ms] of Object.entries(asked)) {
    it(`waits ${ms} ms when it is asked for ${seconds} s`, async () => {
      await using gateway = await StubGateway.start()
      gateway.answers.push({ status: 503, headers: { 'retry-after': seconds } })
      await using scene = new Scene(gateway.url)
      scene.append('a')
      await scene.waiting()
      assert.deepEqual(scene.waits, [ms])
    })
  }

  it('sets aside what is refused for good, and goes on with the next', async () => {
    await using gateway = await StubGateway.start()
    gateway.answers.push({ status: 400, body: { code: 'too_deep' } }, { status: 413 })
    await using scene = new Scene(gateway.url)
    scene.append('a', 'b', 'c')
    assert.deepEqual(bodies(await gateway.received(3)), ['a', 'b', 'c'])
    await scene.empty()
    assert.equal(scene.queue.counts().refused, 2)
    assert.deepEqual(scene.told, [
      { name: 'event.refused', what: 'onAnyMessage', status: 400, code: 'too_deep' },
      { name: 'event.refused', what: 'onAnyMessage', status: 413, code: 'unknown' },
    ])
    scene.queue.putBack()
    assert.deepEqual(bodies(await gateway.received(5)).slice(3), ['a', 'b'])
  })

  it('gives up a try that takes too long', async () => {
    await using gateway = await StubGateway.start()
    gateway.answers.push({ status: 0, silent: true })
    await using scene = new Scene(gateway.url, { timeoutMs: 50 })
    scene.append('a')
    await scene.waiting()
    const [away] = scene.told
    assert.ok(away?.name === 'gateway.away' && /timeout/.test(away.error))
  })

  it('keeps in the queue what it was posting when it is stopped', async () => {
    await using gateway = await StubGateway.start()
    await gateway.close()
    await using scene = new Scene(gateway.url)
    scene.append('a')
    await scene.waiting()
    await scene.poster.stop()
    assert.equal(scene.queue.counts().waiting, 1)
  })

  it('says when the queue itself fails', async () => {
    const failure = Promise.withResolvers<unknown>()
    const queue = {
      changed: () => new Promise<void>(() => undefined),
      oldest: () => {
        throw new Error('disk I/O error')
      },
    }
    const poster = new GatewayPoster({
      queue: queue as unknown as EventQueue,
      ...{ url: 'http://127.0.0.1:1', library: 'venom', session: 'main' },
      ...{ secret: null, shownKey: null },
      ...{ clock: () => NOW, tell: unexpected, wait: async () => undefined },
    })
    poster.start(failure.resolve)
    assert.match(String(await failure.promise), /disk I\/O error/)
  })
})
