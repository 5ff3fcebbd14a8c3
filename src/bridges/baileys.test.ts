import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { describe, it } from 'node:test'
import { tempFolder } from '../../test/support/temp-folder.ts'
import type { RapidFireError } from '../errors.ts'
import { BaileysLibrary } from './baileys.ts'
import type { BaileysSocket } from './baileys-socket.ts'
import type { LibraryEvent } from './library.ts'

const PEER = '79001234567@s.whatsapp.net'

const boom = (statusCode: number): Error =>
  Object.assign(new Error(`boom ${statusCode}`), { output: { statusCode } })

class FakeSocket {
  readonly ev = Object.assign(new EventEmitter(), { flush: () => true })
  readonly ws = new EventEmitter()
  readonly done: string[] = []
  failure: Error | null = null

  async sendMessage(jid: string, content: object, { messageId }: { messageId?: string } = {}) {
    if (this.failure !== null) throw this.failure
    this.done.push(`${jid} ${JSON.stringify(content)}`)
    return { key: { id: messageId ?? 'RANDOM' } }
  }

  async sendPresenceUpdate(type: string, jid = ''): Promise<void> {
    this.done.push(`${type} ${jid}`.trim())
  }

  async presenceSubscribe(jid: string): Promise<void> {
    this.done.push(`subscribe ${jid}`)
  }

  async readMessages(keys: object[]): Promise<void> {
    this.done.push(`read ${JSON.stringify(keys)}`)
  }

  end(): void {
    this.done.push('end')
  }

  update(update: object): void {
    this.ev.emit('connection.update', update)
  }

  close(statusCode: number): void {
    this.update({ connection: 'close', lastDisconnect: { error: boom(statusCode) } })
  }

  upsert(...ids: string[]): void {
    const messages = ids.map((id) => ({ key: { remoteJid: PEER, fromMe: false, id } }))
    this.ev.emit('messages.upsert', { messages, type: 'notify' })
  }
}

class Scene implements AsyncDisposable {
  readonly folder = tempFolder('baileys')
  readonly sockets: FakeSocket[] = []
  readonly waits: number[] = []
  readonly events: LibraryEvent[] = []
  readonly states: string[] = []
  readonly ended: RapidFireError[] = []
  readonly library: BaileysLibrary
  getMessage: (key: { id?: string }) => Promise<unknown> = async () => undefined
  readonly #made = new EventEmitter()

  constructor() {
    this.library = new BaileysLibrary({
      module: {
        makeWASocket: (config) => {
          const socket = new FakeSocket()
          this.getMessage = config.getMessage as never
          this.sockets.push(socket)
          this.#made.emit('socket')
          return socket as unknown as BaileysSocket
        },
        useMultiFileAuthState: async () => ({ state: {}, saveCreds: async () => undefined }),
      },
      ...{ session: 'main', dataDir: this.folder.path },
      wait: async (ms) => {
        this.waits.push(ms)
      },
    })
  }

  static async connected(): Promise<Scene & { socket: FakeSocket }> {
    const scene = new Scene()
    await scene.library.start({
      onEvents: (events) => scene.events.push(...events),
      onState: (state, detail) => scene.states.push(`${state}: ${detail}`),
      onCode: () => undefined,
      onTrouble: assert.fail,
      onEnded: (error) => scene.ended.push(error),
    })
    const socket = scene.sockets[0] ?? assert.fail()
    socket.update({ connection: 'open' })
    return Object.assign(scene, { socket })
  }

  /** Resolves to the next socket that is made. */
  async another(): Promise<FakeSocket> {
    await once(this.#made, 'socket')
    return this.sockets.at(-1) ?? assert.fail()
  }

  send(text = 'Да', partId: string | null = 'b_1.0', to = '79001234567@c.us'): Promise<string> {
    return this.library.sendText(to, text, partId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.library.stop()
    this.folder[Symbol.dispose]()
  }
}

describe('the connection of Baileys', () => {
  for (const status of [408, 428, 500, 503]) {
    it(`is made again after ${status}, and waits longer each time`, async () => {
      await using scene = await Scene.connected()
      let socket: FakeSocket = scene.socket
      for (let round = 0; round < 3; round += 1) {
        const next = scene.another()
        socket.close(status)
        socket = await next
      }
      assert.ok(scene.waits.every((ms, n) => ms >= 750 * 2 ** n && ms <= 1000 * 2 ** n))
      assert.equal(scene.states.filter((state) => state === `away: boom ${status}`).length, 3)
      socket.update({ connection: 'open' })
      const next = scene.another()
      socket.close(status)
      await next
      assert.ok((scene.waits.at(-1) ?? 0) <= 1000)
      assert.deepEqual(scene.ended, [])
    })
  }

  it('is made again at once and without a word when a login asks for it', async () => {
    await using scene = await Scene.connected()
    const next = scene.another()
    scene.socket.close(515)
    await next
    assert.deepEqual([scene.waits, scene.states], [[], ['connected: open']])
  })

  const ends: Record<number, RegExp> = {
    401: /logged this device out: move .*baileys-main away/,
    403: /forbids this account/,
    411: /does not allow linked devices/,
    440: /another program has taken over/,
  }
  for (const [status, sentence] of Object.entries(ends)) {
    it(`is over after ${status}`, async () => {
      await using scene = await Scene.connected()
      scene.socket.close(Number(status))
      const [error] = scene.ended
      assert.equal(error?.code, 'session_ended')
      assert.match(error?.message ?? '', sentence)
      assert.equal(scene.sockets.length, 1)
      await assert.rejects(scene.send(), { code: 'send_away' })
    })
  }

  it('is not made again when it is stopped', async () => {
    await using scene = await Scene.connected()
    await scene.library.stop()
    scene.socket.close(428)
    assert.deepEqual([scene.sockets.length, scene.socket.done], [1, ['end']])
  })

  it('leaves no error of a socket that ends unheard', async () => {
    await using scene = await Scene.connected()
    const next = scene.another()
    scene.socket.close(408)
    await next
    scene.socket.ws.emit('error', new Error('closed before it was established'))
  })
})

describe('what Baileys is told to send', () => {
  it('bears an id of ours, and leaves us unavailable', async () => {
    await using scene = await Scene.connected()
    const id = await scene.send()
    assert.match(id, /^3EB0[0-9A-F]{18}$/)
    assert.deepEqual(scene.socket.done, [`${PEER} {"text":"Да"}`, 'unavailable'])
    assert.equal(await scene.send(), id)
    assert.equal(await scene.send('Да', null), 'RANDOM')
  })

  it('may be an address that hides the number, and is one person', async () => {
    await using scene = await Scene.connected()
    await scene.send('Да', 'k', '123456789012345@lid')
    assert.match(scene.socket.done[0] ?? '', /^123456789012345@lid /)
    await assert.rejects(scene.send('Да', 'k', '1-2@g.us'), { code: 'send_refused', answer: 400 })
  })

  it('can be said again where somebody could not decrypt it', async () => {
    await using scene = await Scene.connected()
    const id = await scene.send()
    assert.deepEqual(await scene.getMessage({ id }), { conversation: 'Да' })
    assert.equal(await scene.getMessage({ id: 'another' }), undefined)
  })

  const failures: [Error, string, number][] = [
    [boom(428), 'send_failed', 503],
    [boom(408), 'send_failed', 503],
    [boom(500), 'send_failed', 503],
    [boom(400), 'send_refused', 400],
    [boom(404), 'send_refused', 404],
    [boom(403), 'send_refused', 403],
    [boom(463), 'send_refused', 403],
    [new TypeError('no sessions'), 'send_failed', 503],
  ]
  for (const [failure, code, answer] of failures) {
    it(`that fails with ${failure.message} is ${code}, ${answer}`, async () => {
      await using scene = await Scene.connected()
      scene.socket.failure = failure
      await assert.rejects(scene.send(), { code, answer })
    })
  }

  it('is refused as away while there is no connection', async () => {
    await using scene = await Scene.connected()
    const next = scene.another()
    scene.socket.close(428)
    await assert.rejects(scene.send(), { code: 'send_away', answer: 503 })
    await next
  })

  it('is a reaction to their message, or a sign that it was seen', async () => {
    await using scene = await Scene.connected()
    const messageId = 'false_79001234567@c.us_3EB0A'
    await scene.library.react({ to: PEER, emoji: '👍', messageId }, 'b_1.0')
    await scene.library.seen(PEER, messageId)
    const key = { remoteJid: PEER, id: '3EB0A', fromMe: false }
    assert.deepEqual(scene.socket.done, [
      `${PEER} ${JSON.stringify({ react: { text: '👍', key } })}`,
      'unavailable',
      `read ${JSON.stringify([key])}`,
    ])
  })

  it('ends the typing after a while, or is the end of it', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    await using scene = await Scene.connected()
    await scene.library.typing(PEER)
    test.mock.timers.tick(11_000)
    await scene.library.typing(PEER)
    test.mock.timers.tick(11_000)
    assert.deepEqual(scene.socket.done, [`composing ${PEER}`, `composing ${PEER}`])
    test.mock.timers.tick(1000)
    assert.equal(scene.socket.done.at(-1), `paused ${PEER}`)
    await scene.library.typing(PEER)
    await scene.send()
    test.mock.timers.tick(60_000)
    assert.equal(scene.socket.done.at(-1), 'unavailable')
  })
})

describe('what Baileys tells', () => {
  it('is durable before anything else happens, a message an event', async () => {
    await using scene = await Scene.connected()
    scene.socket.upsert('A', 'B')
    assert.deepEqual(
      scene.events.map(({ data }) => JSON.parse(data).messages.length),
      [1, 1],
    )
  })

  it('makes us follow who writes, once a connection and never ourselves or groups', async () => {
    await using scene = await Scene.connected()
    scene.socket.upsert('A', 'B')
    const keys = [{ fromMe: true }, { remoteJid: '1-2@g.us' }, { remoteJid: 'status@broadcast' }]
    const messages = keys.map((key) => ({ key: { remoteJid: PEER, id: 'C', ...key } }))
    scene.socket.ev.emit('messages.upsert', { messages, type: 'append' })
    assert.deepEqual(scene.socket.done, [`subscribe ${PEER}`])
    const next = scene.another()
    scene.socket.close(515)
    const socket = await next
    socket.upsert('D')
    assert.deepEqual(socket.done, [`subscribe ${PEER}`])
  })
})
