/**
 * A backend over HTTP: posts a turn to it and says what became of the call.
 *
 *   POST <url>  Idempotency-Key: <batch>  x-timestamp, x-signature with a secret
 *
 * It ends with the 2xx response, its body still unread, or throws `responder_failed` (may be tried
 * again), `responder_away` (so too: no connection was made), `responder_refused` (final) or what the signal was aborted with. The signal is the only time
 * limit. A retry bears the same key, so a backend that remembers keys works once. A redirect is not
 * followed: what people wrote goes to the configured address and nowhere else.
 */
import { createHmac } from 'node:crypto'
import type { Agent, Response } from 'undici'
import type { Clock } from '../../clock.ts'
import { messageOf, RapidFireError } from '../../errors.ts'
import { httpAddress, shownAddress } from '../../http-address.ts'
import { isNoConnection } from '../../no-connection.ts'
import { retryAfterMs } from '../../retry-after.ts'
import type { TraceHeaders } from '../../trace-headers.ts'
import type { TurnBody } from './turn-body.ts'

export interface BackendOptions {
  readonly url: string
  /** Null: calls are not signed. */
  readonly secret: string | null
  readonly clock: Clock
  readonly traceHeaders?: TraceHeaders
}

/** What a repeat may heal, besides all of 5xx. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])

export class Backend {
  readonly #url: URL
  readonly #authorization: string | null
  readonly #secret: string | null
  readonly #clock: Clock
  readonly #traceHeaders: TraceHeaders | undefined
  /** For messages: without a query or a password, which may be secrets. */
  readonly #shown: string
  #agent: Agent | null = null

  constructor({ url, secret, clock, traceHeaders }: BackendOptions) {
    const address = httpAddress(url)
    this.#url = address.url
    this.#authorization = address.authorization
    this.#secret = secret
    this.#clock = clock
    this.#traceHeaders = traceHeaders
    this.#shown = `the backend at ${shownAddress(this.#url)}`
  }

  async post(turn: TurnBody, signal: AbortSignal): Promise<Response> {
    const body = Buffer.from(JSON.stringify(turn))
    const headers = { 'content-type': 'application/json', ...this.#signature(body) }
    return this.postAs(body, headers, turn.batchId, signal)
  }

  /** Bytes that somebody else signed. `key`: the same for a repeat. */
  async postAs(
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    key: string,
    signal: AbortSignal,
  ): Promise<Response> {
    const response = await this.#call(body, headers, key, signal)
    if (response.ok) return response
    await discard(response)
    throw this.#refusal(response)
  }

  get url(): URL {
    return new URL(this.#url)
  }

  /** The body of a response; null when it is longer than `maxBytes`. */
  async read(response: Response, maxBytes: number, signal: AbortSignal): Promise<Buffer | null> {
    const chunks: Uint8Array[] = []
    let length = 0
    try {
      for await (const chunk of response.body ?? []) {
        length += chunk.byteLength
        if (length > maxBytes) return null
        chunks.push(chunk)
      }
    } catch (error) {
      throw this.#broken('broke off within its answer', error, signal)
    }
    return Buffer.concat(chunks)
  }

  async #call(
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    key: string,
    signal: AbortSignal,
  ): Promise<Response> {
    const { Agent, fetch } = await import('undici')
    // The default would give up after five minutes, less than a setting allows.
    this.#agent ??= new Agent({ headersTimeout: 0, bodyTimeout: 0, allowH2: false })
    try {
      return await fetch(this.#url, {
        method: 'POST',
        // Neither followed nor hidden: the status says what happened.
        redirect: 'manual',
        dispatcher: this.#agent,
        signal,
        headers: {
          accept: 'application/json, text/plain',
          'idempotency-key': key,
          ...(this.#authorization !== null && { authorization: this.#authorization }),
          ...this.#traceHeaders?.(),
          ...headers,
        },
        body,
      })
    } catch (error) {
      throw this.#broken('did not answer', error, signal)
    }
  }

  /** As our own bridges sign, so that both directions are verified by the same code. */
  #signature(body: Buffer): Record<string, string> {
    if (this.#secret === null) return {}
    const timestamp = String(this.#clock())
    const signature = createHmac('sha256', this.#secret)
      .update(`POST:${this.#url.pathname}${this.#url.search}:${timestamp}:`)
      .update(body)
      .digest('hex')
    return { 'x-timestamp': timestamp, 'x-signature': signature }
  }

  #broken(fact: string, error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason
    const cause = error instanceof Error && error.cause ? error.cause : error
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    return new RapidFireError(
      isNoConnection(error) ? 'responder_away' : 'responder_failed',
      `${this.#shown} ${fact} (${messageOf(cause) || code || 'no answer'})`,
      { cause: error },
    )
  }

  #refusal({ status, headers }: Response): RapidFireError {
    const fact = `${this.#shown} answered ${status}`
    if (status >= 500 || PASSING.has(status)) {
      const after = retryAfterMs(headers.get('retry-after'), this.#clock())
      return new RapidFireError('responder_failed', fact, { retryAfterMs: after })
    }
    return new RapidFireError('responder_refused', `${fact}; ${wayOut(status)}`)
  }
}

/** A body that nobody reads must not hold its connection. */
export async function discard(response: Response): Promise<void> {
  // One that is already broken needs no discarding.
  await response.body?.cancel().catch(() => {})
}

function wayOut(status: number): string {
  if (status < 400) return 'redirects are not followed, so set RESPONDER_URL to where it leads'
  if (status === 401 || status === 403) return 'check RESPONDER_SECRET and RESPONDER_URL'
  if (status === 404 || status === 405) return 'check RESPONDER_URL'
  return 'see the log of the backend for the reason'
}
