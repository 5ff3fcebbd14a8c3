/**
 * Calls to providers: one pool, a deadline for each, and answers read as far as they are useful.
 *
 * It ends with an answer of whatever status, or throws `send_away` (no connection was made, so nothing
 * was taken) or `send_failed` (nobody knows). A redirect is an error: what people are told goes to the
 * configured address and nowhere else.
 */
import type { Clock } from '../clock.ts'
import { type ErrorCode, messageOf, RapidFireError } from '../errors.ts'
import { httpAddress } from '../http-address.ts'
import { isNoConnection } from '../no-connection.ts'
import { retryAfterMs } from '../retry-after.ts'
import { NO_TRACE_HEADERS, type TraceHeaders } from '../trace-headers.ts'

export interface ProviderRequest {
  readonly url: string
  /** POST when left out. */
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  /** Of a list more is read than of other answers. */
  readonly maxAnswerBytes?: number
}

export interface ProviderAnswer {
  readonly status: number
  readonly ok: boolean
  readonly headers: Headers
  readonly text: string
  /** Undefined where the text is no JSON. */
  readonly json: unknown
}

const MAX_ANSWER_BYTES = 65_536

export class ProviderHttp {
  /** What one call may take, ms. */
  readonly timeoutMs: number
  /** Also of those who call by themselves. */
  readonly traceHeaders: TraceHeaders
  readonly #clock: Clock

  constructor(options: {
    readonly timeoutMs: number
    readonly clock: Clock
    readonly traceHeaders?: TraceHeaders
  }) {
    this.timeoutMs = options.timeoutMs
    this.#clock = options.clock
    this.traceHeaders = options.traceHeaders ?? NO_TRACE_HEADERS
  }

  /** `who`: the provider, for errors. */
  async call(who: string, request: ProviderRequest, signal: AbortSignal): Promise<ProviderAnswer> {
    const { url, authorization } = httpAddress(request.url)
    const { method = 'POST', headers = {}, json, form, maxAnswerBytes } = request
    const body =
      form !== undefined
        ? new URLSearchParams(form).toString()
        : json === undefined
          ? null
          : JSON.stringify(json)
    const type = form !== undefined ? 'application/x-www-form-urlencoded' : 'application/json'
    try {
      const response = await fetch(url, {
        method,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.timeoutMs)]),
        headers: {
          ...(body !== null && { 'content-type': type }),
          ...(authorization !== null && { authorization }),
          ...this.traceHeaders(),
          ...headers,
        },
        body,
      })
      const text = await readCapped(response, maxAnswerBytes ?? MAX_ANSWER_BYTES)
      return {
        status: response.status,
        ok: response.ok,
        headers: response.headers,
        text,
        json: parsed(text),
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const cause =
        error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error)
      throw new RapidFireError(
        isNoConnection(error) ? 'send_away' : 'send_failed',
        `${who} at ${url.origin} did not take a part (${cause || 'no answer'})`,
        { cause: error },
      )
    }
  }

  /**
   * The provider's refusal as ours, with its own words and its own `Retry-After`. 401 is about our
   * token whatever was sent, so nothing was taken and the next part fares no better.
   */
  refusal(
    who: string,
    answer: ProviderAnswer,
    { code, said, afterMs = null }: { code: ErrorCode; said: string; afterMs?: number | null },
  ): RapidFireError {
    const fact = said === '' ? `answered ${answer.status}` : `answered ${answer.status}: ${said}`
    return new RapidFireError(answer.status === 401 ? 'send_denied' : code, `${who} ${fact}`, {
      retryAfterMs: afterMs ?? retryAfterMs(answer.headers.get('retry-after'), this.#clock()),
    })
  }
}

/** What passes by itself, unless the provider says more. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

/** A few words of what a provider said, fit for one line of a log. */
export function shortly(said: unknown): string {
  if (typeof said !== 'string') return ''
  return said
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
    .toWellFormed()
}

/** An answer is read as far as it is useful, so that an endless one ends. */
async function readCapped(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      length += chunk.byteLength
      if (length > maxBytes) break
    }
  } catch (error) {
    // The status has arrived and decides; a body that breaks off after a 2xx is only an id less.
    if (!response.ok) throw error
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Many providers answer an outage in HTML: the status decides then.
    return undefined
  }
}
