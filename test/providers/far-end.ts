/** A provider's server for tests of sending: keeps what it is asked, and answers as it is told to. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ChannelDeps } from '../../src/channels/channel.ts'
import { ProviderHttp } from '../../src/channels/provider-http.ts'
import { RapidFireError } from '../../src/errors.ts'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface FarAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
}

const OK: FarAnswer = { status: 200, json: {} }

export class FarEnd implements AsyncDisposable {
  readonly asked: Asked[] = []
  /** Given one after the other, then `200 {}`. */
  readonly answers: FarAnswer[] = []
  readonly deps: ChannelDeps
  url = ''
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    this.asked.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') })
    const { status, headers: more = {}, json } = this.answers.shift() ?? OK
    response.writeHead(status, { 'content-type': 'application/json', ...more })
    response.end(json === undefined ? '' : JSON.stringify(json))
  })

  private constructor() {
    const clock = () => Date.UTC(2026, 0, 15)
    this.deps = { tenant: 'default', clock, http: new ProviderHttp({ timeoutMs: 5000, clock }) }
  }

  static async open(): Promise<FarEnd> {
    const end = new FarEnd()
    end.#server.listen(0, '127.0.0.1')
    await once(end.#server, 'listening')
    end.url = `http://127.0.0.1:${(end.#server.address() as AddressInfo).port}`
    return end
  }

  /** The only request since the last one was taken. */
  take(): Asked {
    const [asked, ...more] = this.asked.splice(0)
    if (asked === undefined || more.length > 0)
      throw new Error(`${more.length + (asked ? 1 : 0)} requests`)
    return asked
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** The error that a promise ends with, as a table can show it. */
export async function refusalOf(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; retryAfterMs: number | null; whole: string }> {
  try {
    await promise
  } catch (error) {
    if (!(error instanceof RapidFireError)) throw error
    const { code, message, retryAfterMs, stack, cause } = error
    return { code, message, retryAfterMs, whole: `${message} ${stack} ${String(cause)}` }
  }
  throw new Error('it was taken')
}

/** An account of a provider with its defaults, but for what is given. */
export function valuesOf(
  settings: Readonly<Record<string, { readonly default: unknown }>>,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const defaults = Object.entries(settings).map(([name, spec]) => [name, spec.default])
  return { ...Object.fromEntries(defaults), ...given }
}
