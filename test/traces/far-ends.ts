/** The backend that answers and the bridge that sends, which note what trace a call came in. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FarCall {
  readonly what: 'ask' | 'send' | 'other'
  readonly traceparent: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

export class FarEnds implements AsyncDisposable {
  readonly calls: FarCall[] = []
  readonly #server: Server
  /** What the backend answers next, instead of its parts; 0 = nothing at all. */
  readonly troubles: number[] = []
  onAsk: () => void = () => {}
  #came = Promise.withResolvers<void>()

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const what = KINDS[request.url ?? ''] ?? 'other'
      const { traceparent } = request.headers
      this.calls.push({
        what,
        traceparent: traceparent === undefined ? undefined : String(traceparent),
        body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
      })
      const status = what === 'ask' ? (this.troubles.shift() ?? 200) : 200
      const answer = what === 'ask' ? { parts: ['yes', 'gladly'] } : TAKEN
      const json = { 'content-type': 'application/json' }
      if (status > 0) response.writeHead(status, json).end(JSON.stringify(answer))
      const came = this.#came
      this.#came = Promise.withResolvers<void>()
      came.resolve()
      if (what === 'ask') this.onAsk()
    })
  }

  static async start(): Promise<FarEnds> {
    const ends = new FarEnds()
    ends.#server.listen(0, '127.0.0.1')
    await once(ends.#server, 'listening')
    return ends
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  of(what: FarCall['what']): FarCall[] {
    return this.calls.filter((call) => call.what === what)
  }

  /** Resolves when so many parts have come. */
  async sent(count: number): Promise<FarCall[]> {
    while (this.of('send').length < count) await this.#came.promise
    return this.of('send')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** As bridges say it, and Telegram. */
const TAKEN = { success: true, ok: true, result: { message_id: 1 } }

const KINDS: Readonly<Record<string, FarCall['what']>> = {
  '/answer': 'ask',
  '/send-message': 'send',
  '/bot1:telegram/sendMessage': 'send',
}
