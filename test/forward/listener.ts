/** An HTTP server at one address that keeps every call as it came, and may be away for a while. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Call {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly rawBody: Buffer
}

export class Listener implements AsyncDisposable {
  readonly calls: Call[] = []
  /** The status that it answers with; 500 where it throws. */
  onCall: (call: Call) => number | Promise<number> = () => 200
  readonly #path: string
  #server = createServer()
  #port = 0

  private constructor(path: string) {
    this.#path = path
  }

  static async open(path = '/'): Promise<Listener> {
    const listener = new Listener(path)
    await listener.up()
    return listener
  }

  /** The same whenever it is up. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}${this.#path}`
  }

  async up(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      const call = await read(request)
      this.calls.push(call)
      const status = await this.#statusOf(call)
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async down(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #statusOf(call: Call): Promise<number> {
    try {
      return await this.onCall(call)
    } catch (error) {
      console.error(error)
      return 500
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
  }
}

async function read(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return { url: request.url ?? '', headers: request.headers, rawBody: Buffer.concat(chunks) }
}
