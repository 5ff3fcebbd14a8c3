/**
 * A server that speaks OpenAI's wire format, real HTTP on a free port of 127.0.0.1, for tests of
 * what asks models: `POST …/chat/completions` and `POST …/audio/transcriptions`. Any other path
 * gets the same scripts, so that a provider with its own form is answered with `raw`.
 *
 *   await using server = await OpenAiServer.start(({ lastText }) => `You said: ${lastText}`)
 *   server.next({ kind: 'status', status: 429, headers: { 'retry-after': '7' } })
 *   … ask a model at server.baseUrl …
 *   server.requests[0].body
 *
 * A script given by `next` answers one call, in order; without one left the function given to
 * `start` answers. Every call is recorded whatever its answer is. It checks no keys and knows no
 * models; a call that hangs is cut when the server is disposed of.
 */
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordedRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The parsed JSON; for a form its text fields. */
  readonly body: Readonly<Record<string, unknown>>
  /** The messages of a chat call, none for others. */
  readonly messages: readonly SentMessage[]
  /** Content of the system message, empty without one. */
  readonly system: string
  /** Text of the last message. */
  readonly lastText: string
  /** The file of a form. */
  readonly file: SentFile | null
  /** Resolves when the caller has hung up or has got its answer. */
  readonly closed: Promise<void>
}

export interface SentMessage {
  readonly role: string
  readonly content: string | readonly Readonly<Record<string, unknown>>[] | null
}

export interface SentFile {
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
}

export interface Usage {
  readonly in: number
  readonly out: number
}

export type Script =
  /** An answer, or a transcript; after `until` when it is given. */
  | {
      readonly kind: 'text'
      readonly text: string
      readonly usage?: Usage | null
      readonly finishReason?: string
      readonly until?: Promise<unknown>
    }
  /** A call of a tool, with or without words beside it. */
  | {
      readonly kind: 'toolCall'
      readonly name: string
      readonly text?: string
      readonly usage?: Usage
    }
  /** An error in OpenAI's form, or with `body` as it is. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly message?: string
      readonly body?: string
    }
  /** A 200 with this body: HTML, half a JSON, another schema, 10 MB. */
  | { readonly kind: 'raw'; readonly body: string; readonly contentType?: string }
  /** Says nothing until the caller hangs up. */
  | { readonly kind: 'hang' }
  /** A byte now and then, for ever. */
  | { readonly kind: 'drip' }
  /** Cuts the connection, before the answer or in the middle of its body. */
  | { readonly kind: 'cut'; readonly when: 'atOnce' | 'inBody' }

type AnswerOf = (request: RecordedRequest) => string | Script

export class OpenAiServer implements AsyncDisposable {
  readonly requests: RecordedRequest[] = []
  readonly #server: Server
  readonly #answerOf: AnswerOf
  readonly #scripts: Script[] = []
  readonly #waiting: { count: number; resolve: (request: RecordedRequest) => void }[] = []
  /** Trouble of the server itself, so that it fails the test and not only the call. */
  readonly #faults: unknown[] = []

  static async start(answerOf: AnswerOf = () => 'OK'): Promise<OpenAiServer> {
    const server = new OpenAiServer(answerOf)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  private constructor(answerOf: AnswerOf) {
    this.#answerOf = answerOf
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch((fault: unknown) => {
        this.#faults.push(fault)
        response.destroy()
      })
    })
  }

  /** For AI_BASE_URL. */
  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  next(...scripts: readonly Script[]): void {
    this.#scripts.push(...scripts)
  }

  /** The n-th call, counted from 1, as soon as it is here; it may be here already. */
  received(count: number): Promise<RecordedRequest> {
    const already = this.requests[count - 1]
    if (already) return Promise.resolve(already)
    return new Promise((resolve) => this.#waiting.push({ count, resolve }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
    if (this.#faults.length > 0) throw new AggregateError(this.#faults, 'the server has a fault')
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = once(response, 'close').then(() => {})
    const request = await recorded(incoming, closed)
    this.requests.push(request)
    for (const { count, resolve } of this.#waiting) {
      if (count === this.requests.length) resolve(request)
    }
    const given = this.#scripts.shift() ?? this.#answerOf(request)
    const script = typeof given === 'string' ? ({ kind: 'text', text: given } as const) : given
    if (script.kind === 'text') await script.until
    if (!response.destroyed) play(script, request, response)
  }
}

async function recorded(
  incoming: IncomingMessage,
  closed: Promise<void>,
): Promise<RecordedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const { body, file } = await parsed(bytes, incoming.headers['content-type'] ?? '')
  const messages = (body.messages ?? []) as readonly SentMessage[]
  const system = messages.find(({ role }) => role === 'system')
  return {
    path: incoming.url ?? '',
    headers: incoming.headers,
    body,
    messages,
    system: textOf(system),
    lastText: textOf(messages.at(-1)),
    file,
    closed,
  }
}

async function parsed(
  bytes: Buffer,
  contentType: string,
): Promise<Pick<RecordedRequest, 'body' | 'file'>> {
  if (!contentType.startsWith('multipart/')) {
    return { body: bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : {}, file: null }
  }
  const form = await new Response(new Uint8Array(bytes), {
    headers: { 'content-type': contentType },
  }).formData()
  const body: Record<string, unknown> = {}
  let file: SentFile | null = null
  for (const [name, value] of form) {
    if (typeof value === 'string') body[name] = value
    else file = { name: value.name, type: value.type, bytes: await value.bytes() }
  }
  return { body, file }
}

/** The text of a message, whether it is sent as a string or as parts. */
export function textOf(message: SentMessage | undefined): string {
  const content = message?.content ?? ''
  if (typeof content === 'string') return content
  return content.map(({ text }) => (typeof text === 'string' ? text : '')).join('')
}

function play(script: Script, request: RecordedRequest, response: ServerResponse): void {
  switch (script.kind) {
    case 'text':
    case 'toolCall':
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(
          request.path.endsWith('/audio/transcriptions') && script.kind === 'text'
            ? { text: script.text }
            : completion(script, request),
        ),
      )
      return
    case 'status':
      response.writeHead(script.status, {
        'content-type': script.body === undefined ? 'application/json' : 'text/html',
        ...script.headers,
      })
      response.end(
        script.body ??
          JSON.stringify({ error: { message: script.message ?? `scripted ${script.status}` } }),
      )
      return
    case 'raw':
      response.writeHead(200, { 'content-type': script.contentType ?? 'application/json' })
      response.end(script.body)
      return
    case 'hang':
      return
    case 'drip':
      drip(response)
      return
    case 'cut':
      if (script.when === 'atOnce') response.destroy()
      else {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"id":"half', () => response.destroy())
      }
  }
}

function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const drops = setInterval(() => response.write(' '), 10)
  response.on('close', () => clearInterval(drops))
}

function completion(
  script: Extract<Script, { kind: 'text' | 'toolCall' }>,
  request: RecordedRequest,
): unknown {
  const usage = script.usage === undefined ? { in: 10, out: 5 } : script.usage
  const isText = script.kind === 'text'
  const call = { name: isText ? '' : script.name, arguments: '{}' }
  return {
    id: `chatcmpl-${request.path.length}`,
    object: 'chat.completion',
    created: 1_764_000_000,
    model: request.body.model,
    choices: [
      {
        index: 0,
        finish_reason: isText ? (script.finishReason ?? 'stop') : 'tool_calls',
        message: isText
          ? { role: 'assistant', content: script.text }
          : {
              role: 'assistant',
              content: script.text ?? null,
              tool_calls: [{ id: 'call_1', type: 'function', function: call }],
            },
      },
    ],
    ...(usage && {
      usage: {
        prompt_tokens: usage.in,
        completion_tokens: usage.out,
        total_tokens: usage.in + usage.out,
      },
    }),
  }
}
