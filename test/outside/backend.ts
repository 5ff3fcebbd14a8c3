/**
 * The business's own program at the near end (RESPONDER=http): is asked for answers, gives them as
 * its script says, fails as its script says, and writes down when each answer began and of which
 * messages it was given. It knows nothing of the system but `/<instance>/answer` and the documented
 * body of a call.
 *
 * The first part of an answer has the texts of its messages, so that a person's reply tells what it
 * answers; every part says which asking it comes from: `a12.0/3 …`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Plan =
  | { readonly kind: 'answer'; readonly afterMs: number; readonly parts: number }
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfterS: number | null }
  /** The connection breaks in the middle of the answer. */
  | { readonly kind: 'cut'; readonly afterMs: number }
  /** No answer at all. */
  | { readonly kind: 'hang' }

export interface Line {
  readonly who: 'person' | 'bot' | 'human'
  readonly text: string
}

export interface Ask {
  readonly no: number
  readonly at: number
  /** The process life that asks. */
  readonly instance: string
  readonly batchId: string
  readonly person: string
  readonly texts: readonly string[]
  readonly history: readonly Line[]
  readonly plan: Plan
  /** When it was over for the backend; `left`: the other side went away before. */
  end: { readonly at: number; readonly how: 'answered' | 'failed' | 'left' } | null
}

export const partText = (no: number, index: number, parts: number, texts: readonly string[]) =>
  `a${no}.${index}/${parts}${index === 0 ? ` ${texts.join(' ')}` : ''}`

/** What a part says of itself; null when it is none of ours. */
export function readPart(text: string): { no: number; index: number; parts: number } | null {
  const [, no, index, parts] = /^a(\d+)\.(\d+)\/(\d+)(?= |$)/.exec(text) ?? []
  if (no === undefined) return null
  return { no: Number(no), index: Number(index), parts: Number(parts) }
}

export class Backend {
  readonly #server: Server
  readonly #plan: (ask: Omit<Ask, 'plan' | 'end'>) => Plan
  readonly asks: Ask[] = []
  onAsk: (ask: Ask) => void = () => {}

  constructor(plan: (ask: Omit<Ask, 'plan' | 'end'>) => Plan) {
    this.#plan = plan
    this.#server = createServer((request, response) => void this.#take(request, response))
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  /** What RESPONDER_URL of a worker is. */
  urlFor(instance: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${instance}/answer`
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now()
    const body = await bodyOf(request)
    // Its worker was killed while it asked.
    if (body === null) return
    const asked = {
      ...{ no: this.asks.length, at, instance: request.url?.split('/')[1] ?? '' },
      ...{ batchId: body.batchId, person: body.phone, history: body.history },
      texts: body.messages.map(({ text }) => text),
    }
    const ask: Ask = { ...asked, plan: this.#plan(asked), end: null }
    this.asks.push(ask)
    const end = (how: NonNullable<Ask['end']>['how']): void => {
      ask.end ??= { at: performance.now(), how }
    }
    response.once('close', () => end('left'))
    this.onAsk(ask)
    this.#play(ask, response, end)
  }

  #play(ask: Ask, response: ServerResponse, end: (how: 'answered' | 'failed') => void): void {
    const { plan } = ask
    if (plan.kind === 'hang') return
    if (plan.kind === 'refuse') {
      end('failed')
      const { status, retryAfterS } = plan
      if (retryAfterS !== null) response.setHeader('retry-after', retryAfterS)
      response.writeHead(status).end()
      return
    }
    setTimeout(() => {
      if (response.destroyed) return
      if (plan.kind === 'cut') {
        end('failed')
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
        response.write('{"parts":["half an', () => response.destroy())
        return
      }
      end('answered')
      const parts = Array.from({ length: plan.parts }, (_, index) =>
        partText(ask.no, index, plan.parts, ask.texts),
      )
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ parts }))
    }, plan.afterMs)
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

interface Body {
  readonly batchId: string
  readonly phone: string
  readonly messages: readonly { readonly text: string }[]
  readonly history: readonly Line[]
}

async function bodyOf(request: IncomingMessage): Promise<Body | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return null
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body
}
