/**
 * Takes what is to be sent, over HTTP: `POST /send-message`, `/send-reaction`, `/send-typing`,
 * `/send-seen`, answers `POST /was-sent` by the key of a call, and `GET /health`.
 *
 * It answers 200 when the library has taken a message, 503 with `Retry-After` when the same call may
 * be repeated, and any other status when it never will. Who hangs up does not stop a message that is
 * on its way: the next call with the same key gets its result.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, RapidFireError } from '../errors.ts'
import { whyNotLocal } from '../ingress/access.ts'
import type { Deadline } from '../service.ts'
import type { Tell } from './bridge-events.ts'
import { SendError } from './library.ts'
import { type Fields, readFields } from './send-request.ts'

/** What a route does with the fields of a call; the answer joins `{"success":true}`. */
export type Route = (fields: Fields, request: IncomingMessage) => Promise<object>

export interface SendServerOptions {
  readonly host: string
  readonly port: number
  /** Null: calls from this machine alone. */
  readonly apiKey: string | null
  readonly routes: ReadonlyMap<string, Route>
  readonly health: () => { readonly ok: boolean } & Readonly<Record<string, unknown>>
  readonly tell: Tell
}

const RETRY_AFTER_S = 5
/** Longer than the gateway waits; by then the call is answered 503 and its work goes on. */
const ANSWER_WITHIN_MS = 60_000

export class SendServer {
  readonly #options: SendServerOptions
  readonly #server: Server
  readonly #owed = new Set<ServerResponse>()
  #stopping = false

  constructor(options: SendServerOptions) {
    this.#options = options
    this.#server = createServer(
      { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
      (request, response) => void this.#answer(request, response),
    )
  }

  /** Resolves to the address. Rejects with `port_in_use`. */
  async start(): Promise<string> {
    const { host, port } = this.#options
    this.#server.listen(port, host)
    try {
      await once(this.#server, 'listening')
    } catch (error) {
      const fact = messageOf(error)
      throw new RapidFireError(
        'port_in_use',
        `the bridge cannot listen on ${host}:${port} (${fact}): stop what listens there, or set BRIDGE_PORT`,
        { cause: error },
      )
    }
    const { address, port: bound, family } = this.#server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`
  }

  /** Takes no new calls and lets those that are there be answered, until the deadline. */
  async stop(deadline: Deadline): Promise<void> {
    if (this.#stopping || !this.#server.listening) return
    this.#stopping = true
    this.#server.close()
    const answered = [...this.#owed].map((response) => once(response, 'close'))
    await deadline.race(Promise.all(answered))
    // Clients also hold connections on which they have asked nothing; those are not waited for.
    this.#server.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    this.#owed.add(response)
    response.once('close', () => this.#owed.delete(response))
    try {
      const done = await this.#handle(request)
      this.#reply(response, done.status, done.body)
    } catch (error) {
      this.#refuse(error, request, response)
    }
  }

  async #handle(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    if (path === '/health') {
      if (request.method !== 'GET') throw wrongMethod('GET')
      const health = this.#options.health()
      return { status: health.ok ? 200 : 503, body: health }
    }
    const route = this.#options.routes.get(path)
    if (route === undefined) throw new RapidFireError('not_found', `no such path: ${path}`)
    if (request.method !== 'POST') throw wrongMethod('POST')
    this.#judgeCaller(request)
    if (this.#stopping) throw SendError.away('this bridge is going down: send it again')
    const fields = await readFields(request)
    const body = await withinTime(route(fields, request))
    return { status: 200, body: { success: true, ...body } }
  }

  #judgeCaller(request: IncomingMessage): void {
    const { apiKey } = this.#options
    const { headers, socket } = request
    if (apiKey === null) {
      const reason = whyNotLocal({ remoteAddress: socket.remoteAddress, headers })
      if (reason === null) return
      throw new RapidFireError(
        'access_local_only',
        `without a key only calls from this machine are taken, and ${reason}`,
      )
    }
    const given = headers['x-api-key']
    if (given === undefined) throw new RapidFireError('auth_missing', 'x-api-key is missing')
    if (typeof given !== 'string' || !same(given, apiKey)) {
      throw new RapidFireError('auth_invalid', 'x-api-key is wrong')
    }
  }

  #refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const known = error instanceof RapidFireError
    const status = error instanceof SendError ? error.answer : known ? error.status || 500 : 500
    const code = known ? error.code : 'internal'
    const sentence = known ? error.message : 'unexpected error'
    if (error instanceof SendError || status === 500) {
      this.#options.tell({ name: 'part.failed', code, status, error: messageOf(error) })
    }
    // A body that nobody reads any more must not keep the socket.
    if (!request.complete) response.setHeader('connection', 'close')
    if (status === 503) response.setHeader('retry-after', RETRY_AFTER_S)
    this.#reply(response, status, { success: false, error: sentence, code })
  }

  #reply(response: ServerResponse, status: number, body: object): void {
    if (response.headersSent || response.destroyed) return
    // A connection that is kept for later would hold up the stop.
    if (this.#stopping) response.setHeader('connection', 'close')
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  }
}

function wrongMethod(allowed: string): RapidFireError {
  return new RapidFireError('method_not_allowed', `this path takes ${allowed}`)
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
function same(given: string, right: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', right, 'buffer'))
}

async function withinTime<Answer>(work: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(SendError.failed('the messenger has not taken it yet: ask again')),
      ANSWER_WITHIN_MS,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
