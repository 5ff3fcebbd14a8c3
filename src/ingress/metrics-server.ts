/**
 * `/metrics` on a port of its own, for processes of any role. Whoever reaches the port may read it:
 * there is nobody in the figures, and it is bound to this machine unless METRICS_HOST says otherwise.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, RapidFireError } from '../errors.ts'
import type { Metrics } from '../observability/metrics/metrics.ts'
import type { Deadline, Service } from '../service.ts'
import { METRICS_PATH } from './metrics.ts'

export interface MetricsServerOptions {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  readonly metrics: Pick<Metrics, 'expose'>
}

const REQUEST_MS = 10_000

export class MetricsServer implements Service {
  readonly #options: MetricsServerOptions
  readonly #server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, maxHeaderSize: 16_384 },
    (request, response) => void this.#answer(request, response),
  )
  #url = ''

  constructor(options: MetricsServerOptions) {
    this.#options = options
  }

  /** What to scrape; empty before `start`. */
  get url(): string {
    return this.#url
  }

  /** Rejects with `port_in_use`. */
  async start(): Promise<void> {
    const { host, port } = this.#options
    this.#server.listen(port, host)
    try {
      await once(this.#server, 'listening')
    } catch (error) {
      throw new RapidFireError(
        'port_in_use',
        `metrics cannot be served on ${host}:${port} (${messageOf(error)}): stop what listens there, or set METRICS_PORT to another port`,
        { cause: error },
      )
    }
    const { port: bound } = this.#server.address() as AddressInfo
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}${METRICS_PATH}`
  }

  async stop(deadline: Deadline): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await deadline.race(closed)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    const path = request.url?.split('?', 1)[0]
    if (path !== METRICS_PATH) return refuse(response, 404, `only ${METRICS_PATH} is served here`)
    if (request.method !== 'GET') return refuse(response, 405, 'GET it')
    try {
      const { contentType, text } = await this.#options.metrics.expose()
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' })
      response.end(text)
    } catch (error) {
      refuse(response, 500, messageOf(error))
    }
  }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${sentence}\n`)
}
