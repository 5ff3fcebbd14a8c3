/** A collector of the test's own: takes OTLP as JSON over HTTP, and fails as it is told. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FarSpan {
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly events: readonly string[]
  readonly error: string | null
}

export class Collector implements AsyncDisposable {
  readonly spans: FarSpan[] = []
  /** All that came in, as it came: for what must not be in it. */
  raw = ''
  /** Headers of the last delivery. */
  headers: IncomingMessage['headers'] = {}
  path = ''
  mode: 'takes' | 'refuses' | 'hangs' = 'takes'
  deliveries = 0
  #server: Server
  #port = 0
  #arrived = Promise.withResolvers<void>()

  private constructor() {
    this.#server = this.#make()
  }

  static async start(): Promise<Collector> {
    const collector = new Collector()
    await collector.up()
    return collector
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Again on the same port. */
  async up(): Promise<void> {
    this.#server = this.#make()
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async down(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** Resolves with what `look` answers, as soon as that is something. */
  async until<Found>(
    look: (spans: readonly FarSpan[]) => Found | undefined | null | false,
  ): Promise<Found> {
    for (;;) {
      const found = look(this.spans)
      if (found) return found
      await this.#arrived.promise
    }
  }

  named(name: string): FarSpan[] {
    return this.spans.filter((span) => span.name === name)
  }

  #make(): Server {
    return createServer((request, response) => void this.#take(request, response))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    this.deliveries += 1
    if (this.mode === 'takes') this.#read(request, Buffer.concat(chunks).toString())
    const arrived = this.#arrived
    this.#arrived = Promise.withResolvers<void>()
    arrived.resolve()
    if (this.mode === 'hangs') return
    const status = this.mode === 'refuses' ? 401 : 200
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  }

  #read({ headers, url }: IncomingMessage, body: string): void {
    this.headers = headers
    this.path = url ?? ''
    this.raw += body
    const { resourceSpans } = JSON.parse(body) as { resourceSpans: ResourceSpans[] }
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(valuesOf(resource.attributes)['service.name'])
      const spans = scopeSpans.flatMap((scope) => scope.spans)
      this.spans.push(...spans.map((span) => ({ service, ...spanOf(span) })))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.down()
  }
}

type Attributes = readonly { key: string; value: Readonly<Record<string, unknown>> }[]

interface ResourceSpans {
  readonly resource: { readonly attributes: Attributes }
  readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
}

interface OtlpSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: Attributes
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly events?: readonly { readonly name: string }[]
  readonly status?: { readonly code?: number; readonly message?: string }
}

function spanOf(span: OtlpSpan): Omit<FarSpan, 'service'> {
  const { name, kind, traceId, spanId, parentSpanId, attributes = [], links = [] } = span
  const { events = [], status } = span
  return {
    ...{ name, kind, traceId, spanId, parentId: parentSpanId || null },
    startMs: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
    endMs: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
    attributes: valuesOf(attributes),
    links,
    events: events.map((event) => event.name),
    error: status?.code === 2 ? (status.message ?? '') : null,
  }
}

function valuesOf(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]),
  )
}
