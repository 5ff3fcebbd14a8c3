/** The real Baileys, connected to a server of this machine that never answers. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { BaileysLibrary } from '../../src/bridges/baileys.ts'
import type { BaileysModule, BaileysSocket } from '../../src/bridges/baileys-socket.ts'
import { importPeer } from '../support/bridge-peers.ts'
import { BridgeStage } from '../support/bridge-stage.ts'

/** The rest of its emitter, which only tests use. */
interface RealEmitter {
  emit(event: string, told: unknown): boolean
  buffer(): void
}

interface Real extends BaileysModule {
  readonly proto: {
    readonly WebMessageInfo: { fromObject(object: object): object }
  }
}

const PEER = '79001234567@s.whatsapp.net'
const key = { remoteJid: PEER, fromMe: false, id: '3EB0AAAAAAAAAAAAAAAA' }
const content = { conversation: 'Привет', messageContextInfo: { messageSecret: 'AQID' } }

describe('a bridge on the real Baileys', () => {
  let real: Real
  let whatsapp: Server
  const connections: Socket[] = []

  before(async () => {
    letTimersEnd()
    real = (await importPeer('@whiskeysockets/baileys')) as unknown as Real
    whatsapp = createServer((socket) => {
      socket.on('error', () => undefined)
      connections.push(socket)
    }).listen(0, '127.0.0.1')
    await once(whatsapp, 'listening')
  })
  after(() => {
    for (const connection of connections) connection.destroy()
    whatsapp.close()
  })

  /** The library, and the sockets that it has made. */
  function libraryFor(stage: BridgeStage, me?: object) {
    const sockets: (BaileysSocket & { ev: RealEmitter })[] = []
    const { port } = whatsapp.address() as AddressInfo
    let waits = 0
    const library = new BaileysLibrary({
      module: {
        makeWASocket: (config) => {
          const socket = real.makeWASocket(config) as BaileysSocket & { ev: RealEmitter }
          sockets.push(socket)
          return socket
        },
        useMultiFileAuthState: async (folder) => {
          const login = await real.useMultiFileAuthState(folder)
          const { creds } = login.state as { creds: { me?: object } }
          if (me !== undefined) creds.me = me
          return login
        },
      },
      session: 'main',
      dataDir: stage.folder.path,
      // It connects again once, at once.
      wait: async (_ms, signal) => {
        waits += 1
        if (waits > 1) await once(signal, 'abort')
      },
      waWebSocketUrl: `ws://127.0.0.1:${port}`,
    })
    return { library, sockets }
  }

  async function started(stage: BridgeStage, me?: object) {
    const { library, sockets } = libraryFor(stage, me)
    const connected = once(whatsapp, 'connection')
    await stage.play(library)
    await connected
    const [socket] = sockets
    assert.ok(socket)
    return { socket, sockets }
  }

  it('posts its messages one by one, of both kinds, as plain JSON', async () => {
    await using stage = await BridgeStage.open()
    const { socket } = await started(stage)
    const message = real.proto.WebMessageInfo.fromObject({
      ...{ key, message: content, messageTimestamp: '1795000000', pushName: 'Анна' },
    })
    const second = { key: { ...key, id: '3EB0B' }, message: { conversation: 'ещё' } }
    socket.ev.emit('messages.upsert', { messages: [message, second], type: 'notify' })
    socket.ev.emit('messages.upsert', { messages: [second], type: 'append' })
    const { data, ...post } = await stage.posted(1)
    assert.deepEqual(post, { event: 'messages.upsert', url: '/webhook/baileys', signed: true })
    const { messages, type } = data as { messages: Record<string, unknown>[]; type: string }
    assert.deepEqual([messages.length, type], [1, 'notify'])
    const { key: itsKey, message: itsContent, messageTimestamp, pushName } = messages[0] ?? {}
    assert.deepEqual(itsKey, key)
    assert.deepEqual(itsContent, {
      conversation: 'Привет',
      messageContextInfo: { messageSecret: { type: 'Buffer', data: 'AQID' } },
    })
    assert.deepEqual([messageTimestamp, pushName], [1_795_000_000, 'Анна'])
    const rest = [await stage.posted(2), await stage.posted(3)]
    assert.deepEqual(
      rest.map(({ data }) => data),
      [
        { messages: [second], type: 'notify' },
        { messages: [second], type: 'append' },
      ],
    )
  })

  it('posts updates, reactions and presence', async () => {
    await using stage = await BridgeStage.open()
    const { socket } = await started(stage)
    const told: Record<string, unknown> = {
      'messages.update': [{ key, update: { status: 3 } }],
      'messages.reaction': [{ key, reaction: { text: '👍' } }],
      'presence.update': { id: PEER, presences: { [PEER]: { lastKnownPresence: 'composing' } } },
    }
    for (const [event, data] of Object.entries(told)) socket.ev.emit(event, data)
    for (const [index, [event, data]] of Object.entries(told).entries()) {
      const post = await stage.posted(index + 1)
      assert.deepEqual([post.event, post.data, post.signed], [event, data, true])
    }
  })

  it('loses nothing of what the library holds back when its connection ends', async () => {
    await using stage = await BridgeStage.open()
    const { socket, sockets } = await started(stage)
    socket.ev.buffer()
    socket.ev.emit('messages.upsert', { messages: [{ key, message: content }], type: 'notify' })
    assert.equal(stage.gateway.posts.length, 0)
    const again = once(whatsapp, 'connection')
    for (const connection of connections) connection.destroy()
    assert.equal((await stage.posted(1)).event, 'messages.upsert')
    await again
    assert.equal(sockets.length, 2)
    await stage.heard('library.away')
  })

  it('loses nothing of what the library holds back when it is stopped', async () => {
    await using stage = await BridgeStage.open()
    const { socket } = await started(stage)
    socket.ev.buffer()
    await stage.gateway.close()
    socket.ev.emit('messages.upsert', { messages: [{ key, message: content }], type: 'notify' })
    await stage.bridge?.stop()
    await stage.gateway.open()
    await started(stage)
    assert.equal((await stage.posted(1)).event, 'messages.upsert')
  })

  it('sends nothing while it is not connected, and says that it may be asked again', async () => {
    await using stage = await BridgeStage.open()
    const { socket } = await started(stage, { id: '79000000000:1@s.whatsapp.net', name: 'Салон' })
    const part = { to: '79001234567@c.us', message: 'Да' }
    const [status, body] = await stage.send('/send-message', part, 'b_1.0')
    assert.deepEqual([status, (body as { code: string }).code], [503, 'send_away'])
    // Now it takes itself for connected, and finds out in the call.
    socket.ev.emit('connection.update', { connection: 'open' })
    await stage.heard('library.connected')
    const [later, said] = await stage.send('/send-message', part, 'b_1.0')
    assert.deepEqual([later, (said as { code: string }).code], [503, 'send_failed'])
    assert.match((said as { error: string }).error, /Connection Closed/)
    assert.equal((await stage.send('/send-typing', { to: PEER }))[0], 503)
  })

  it('shows the code, and ends where the session is over', async () => {
    await using stage = await BridgeStage.open()
    const { socket } = await started(stage)
    socket.ev.emit('connection.update', { qr: '2@abc,def' })
    assert.deepEqual(await stage.heard('library.code'), {
      ...{ name: 'library.code', code: '2@abc,def', drawn: null },
    })
    const error = Object.assign(new Error('Stream Errored'), { output: { statusCode: 401 } })
    socket.ev.emit('connection.update', { connection: 'close', lastDisconnect: { error } })
    await assert.rejects(stage.bridge?.failed ?? Promise.resolve(), {
      code: 'session_ended',
      message: /logged this device out.*baileys-main/,
    })
  })

  it('keeps its login also when it dies while writing it', async () => {
    await using stage = await BridgeStage.open()
    const { socket } = await started(stage)
    const folder = join(stage.folder.path, 'baileys-main')
    const copy = join(folder, '.creds.copy')
    socket.ev.emit('creds.update', { accountSyncCounter: 7 })
    while (!existsSync(copy)) await new Promise((resolve) => setImmediate(resolve))
    await stage.bridge?.stop()
    const kept = readFileSync(copy, 'utf8')
    assert.match(kept, /"accountSyncCounter":7/)
    writeFileSync(join(folder, 'creds.json'), kept.slice(0, 40))
    await started(stage)
    assert.equal(readFileSync(join(folder, 'creds.json'), 'utf8'), kept)
  })
})

/** Baileys sweeps caches for ever and waits long for answers; its timers must not keep the test. */
function letTimersEnd(): void {
  const { setInterval, setTimeout } = globalThis
  globalThis.setInterval = Object.assign(
    (work: () => void, ms?: number) => setInterval(work, ms).unref(),
    setInterval,
  )
  globalThis.setTimeout = Object.assign(
    (work: () => void, ms?: number) => setTimeout(work, ms).unref(),
    setTimeout,
  )
}
