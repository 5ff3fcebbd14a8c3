/**
 * The bridge at the far end: takes the parts of replies and writes each down before it answers. It
 * knows nothing of the system but the address that a worker sends to, `/<instance>/send-message`. As
 * our own bridges it answers at `/was-sent` whether it has a part.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Delivery {
  readonly at: number
  /** The process life that sent it. */
  readonly instance: string
  readonly partId: string
  readonly to: string
  readonly text: string
  /** False: its sender was not told that it was taken. */
  readonly told?: boolean
}

export class Sink {
  readonly #server: Server
  readonly #file: number
  readonly deliveries: Delivery[] = []
  /** Status that everybody gets while nothing is taken; null: all is. */
  refusing: number | null = null
  /** Called when a part was written down; answers false to leave the sender without an answer. */
  onDelivery: (delivery: Delivery) => boolean = () => true

  constructor(path: string) {
    this.#file = openSync(path, 'a')
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      if (this.refusing !== null) {
        response.writeHead(this.refusing).end()
        return
      }
      const { to, message, key } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        to: string
        message: string
        key?: string
      }
      if (request.url?.endsWith('/was-sent')) {
        const sent = this.deliveries.find(({ partId }) => partId === key)
        response.end(JSON.stringify({ sent: !!sent, ...(sent && { messageId: sent.partId }) }))
        return
      }
      const delivery: Delivery = {
        at: performance.now(),
        instance: request.url?.split('/')[1] ?? '',
        partId: String(request.headers['idempotency-key']),
        to,
        text: message,
      }
      writeSync(this.#file, `${JSON.stringify(delivery)}\n`)
      this.deliveries.push(delivery)
      if (this.onDelivery(delivery)) response.end('{"ok":true}')
    })
    // A worker that is killed breaks its connections off.
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  /** What VENOM_SERVER_URL of a worker is. */
  urlFor(instance: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${instance}`
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
    closeSync(this.#file)
  }
}
