/** A gateway as a bridge sees it: takes posts, answers as it is told to, and keeps what came. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Post {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly json: { event: string; session: string; data: Record<string, unknown> }
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
  /** Hangs up instead. */
  readonly cut?: boolean
  /** Says nothing. */
  readonly silent?: boolean
}

export class StubGateway {
  readonly posts: Post[] = []
  /** What the next posts are answered; 200 when there is none left. */
  readonly answers: Answer[] = []
  readonly #waiting = new Set<() => void>()
  #server: Server | null = null
  #port = 0

  static async start(): Promise<StubGateway> {
    const gateway = new StubGateway()
    await gateway.open()
    return gateway
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens, on the same port as before. */
  async open(): Promise<void> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      const { url = '', headers } = request
      this.posts.push({ url, headers, body, json: JSON.parse(body.toString()) })
      const answer = this.answers.shift() ?? { status: 200 }
      const { status, headers: extra, body: said } = answer
      if (answer.cut) response.destroy()
      else if (!answer.silent) response.writeHead(status, extra).end(JSON.stringify(said ?? {}))
      for (const wake of this.#waiting) wake()
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  /** Resolves when so many posts have come in all. */
  async received(count: number): Promise<readonly Post[]> {
    while (this.posts.length < count) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
    return this.posts
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
