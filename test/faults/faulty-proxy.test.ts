/** The way that the other fault tests break, against a server that sends back what it gets. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { FaultyProxy } from '../support/faulty-proxy.ts'

class Stage implements AsyncDisposable {
  readonly proxy: FaultyProxy
  readonly #server: ReturnType<typeof createServer>
  readonly #clients: Socket[] = []
  /** All that the server got. */
  got = ''

  private constructor(proxy: FaultyProxy, server: ReturnType<typeof createServer>) {
    this.proxy = proxy
    this.#server = server
  }

  static async start(): Promise<Stage> {
    let stage: Stage | null = null
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        if (stage) stage.got += chunk
        socket.write(chunk)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stage = new Stage(await FaultyProxy.to((server.address() as AddressInfo).port), server)
    return stage
  }

  async client(): Promise<{
    socket: Socket
    got: () => string
    until(text: string): Promise<void>
  }> {
    const socket = connect({ port: this.proxy.port, host: '127.0.0.1', noDelay: true })
    this.#clients.push(socket)
    let got = ''
    socket.setEncoding('utf8').on('data', (text: string) => (got += text))
    await once(socket, 'connect')
    const until = async (text: string): Promise<void> => {
      while (got !== text) await once(socket, 'data')
    }
    return { socket, got: () => got, until }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#clients) socket.destroy()
    await this.proxy[Symbol.asyncDispose]()
    this.#server.close()
  }
}

async function codeOfEnd(socket: Socket): Promise<string> {
  const [error] = (await once(socket, 'error').catch((error) => [error])) as [{ code: string }]
  return error.code
}

describe('the faulty way', () => {
  it('cuts a reply behind exactly so many bytes, and the request had passed', async () => {
    for (const afterBytes of [0, 1, 5]) {
      await using stage = await Stage.start()
      const { socket, got } = await stage.client()
      const cut = stage.proxy.cutOnce({ side: 'reply', afterBytes, from: 'hello' })
      socket.write('hello!')
      assert.equal(await codeOfEnd(socket), 'ECONNRESET')
      await cut
      assert.equal(stage.got, 'hello!')
      assert.equal(got(), 'hello!'.slice(0, afterBytes))
    }
  })

  it('cuts a request, so that the server gets its beginning alone', async () => {
    await using stage = await Stage.start()
    const { socket, until } = await stage.client()
    void stage.proxy.cutOnce({ side: 'request', afterBytes: 2, from: 'two' })
    socket.write('one')
    await until('one')
    const ended = codeOfEnd(socket)
    socket.write('two')
    assert.equal(await ended, 'ECONNRESET')
    assert.equal(stage.got, 'onetw')
  })

  it('holds a request until it is let go, though the caller has left', async () => {
    await using stage = await Stage.start()
    const { socket } = await stage.client()
    stage.proxy.shape('request', { isHeld: true })
    socket.write('late')
    socket.end()
    socket.destroy()
    await once(socket, 'close')
    const { until } = await stage.client()
    assert.equal(stage.got, '')
    stage.proxy.shape('request', {})
    const second = await stage.client()
    second.socket.write('next')
    await second.until('next')
    assert.ok(stage.got.includes('late'))
    await until('')
  })

  it('comes in pieces of a byte, whole and in order', async () => {
    await using stage = await Stage.start()
    stage.proxy.shape('reply', { pieceBytes: 1, pieceMs: 1, delayMs: 2, jitterMs: 2 })
    const { socket, until } = await stage.client()
    socket.write('one ')
    socket.write('two')
    await until('one two')
  })

  it('closes one half, and the other half still carries', async () => {
    await using stage = await Stage.start()
    const { socket } = await stage.client()
    socket.allowHalfOpen = true
    socket.write('a')
    await once(socket, 'data')
    stage.proxy.halfClose('reply')
    await once(socket, 'end')
    socket.write('b')
    while (stage.got !== 'ab') await new Promise(setImmediate)
  })

  it('refuses while it is down, and counts what it opened', async () => {
    await using stage = await Stage.start()
    const { socket } = await stage.client()
    const ended = codeOfEnd(socket)
    await stage.proxy.down()
    assert.equal(await ended, 'ECONNRESET')
    await assert.rejects(stage.client(), { code: 'ECONNREFUSED' })
    await stage.proxy.up()
    const { until } = await stage.client()
    await until('')
    assert.deepEqual([stage.proxy.open, stage.proxy.opened], [1, 2])
  })
})
