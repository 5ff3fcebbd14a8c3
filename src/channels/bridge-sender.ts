/**
 * Replies through a bridge that speaks our own protocol, as that of Venom or Baileys does: `POST {url}/send-message` with `{to, message}`, `x-api-key` and
 * `Idempotency-Key: <batch>.<part>`. Any 2xx is taken as sent. A reaction goes to
 * `{url}/send-reaction` as `{to, emoji, messageId}`; a bridge that has no such route gets it as a text.
 *
 * A bridge that does not answer may have sent all the same: the retry bears the same key, so a
 * bridge that remembers keys sends it once. One that cannot be connected to (`send_away`) has nothing.
 * Ours also answer whether they sent what bore a key: `POST {url}/was-sent {key}`.
 * A name and a password in the address go as Basic auth; errors show neither them nor the query.
 */
import { type ErrorCode, messageOf, RapidFireError } from '../errors.ts'
import { httpAddress, shownAddress } from '../http-address.ts'
import { isNoConnection } from '../no-connection.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { TraceHeaders } from '../trace-headers.ts'
import type {
  ArrivalProof,
  Found,
  Heard,
  OutgoingPart,
  Question,
  Sender,
  SendLimits,
  UncertainPart,
} from './channel.ts'
import { shortly } from './provider-http.ts'
import { BRIDGE_CEILING } from './settings.ts'

export interface BridgeOptions {
  /** Which channel it is, for the log. */
  readonly name: string
  readonly url: string
  readonly apiKey: string | null
  readonly timeoutMs: number
  /** Whether the bridge is told that an answer is being written. */
  readonly typing: boolean
  readonly traceHeaders?: TraceHeaders
}

/** Our own bridges keep the keys of a day; of others the echo has to tell. */
export const BRIDGE_PROOFS: readonly ArrivalProof[] = ['ids', 'ask', 'echo']
const KEYS_KEPT_MS = 86_400_000

/** WhatsApp on somebody's own number: messages of whole people are seldom longer, and haste is punished. */
export const BRIDGE_LIMITS: SendLimits = {
  maxTextLength: 4096,
  conversation: null,
  ...BRIDGE_CEILING,
}

type Route = 'health' | 'send-message' | 'send-reaction' | 'send-typing' | 'send-seen' | 'was-sent'
/** What a server says of a route that it does not have. */
const NO_ROUTE: ReadonlySet<number> = new Set([404, 405, 501])

/** What a repeat cannot heal; 408, 425 and 429 it can. */
const isFinal = (status: number): boolean =>
  status >= 400 && status < 500 && ![408, 425, 429].includes(status)

export class BridgeSender implements Sender {
  readonly name: string
  readonly limits = BRIDGE_LIMITS
  readonly proofs = BRIDGE_PROOFS
  readonly #options: BridgeOptions
  readonly #base: URL
  readonly #authorization: string | null
  readonly typing?: NonNullable<Sender['typing']>

  constructor(options: BridgeOptions) {
    this.#options = options
    this.name = options.name
    const { url, authorization } = httpAddress(options.url)
    this.#base = url
    this.#authorization = authorization
    if (options.typing) this.typing = (heard, signal) => this.#showTyping(heard, signal)
  }

  /** Whether it is connected to its messenger; and, of ours, whether it takes our key. */
  get asks(): readonly Question[] {
    const asking = (route: 'health' | 'was-sent'): Question => ({
      url: this.#urlOf(route).href,
      headers: this.#authorization ? { authorization: this.#authorization } : {},
    })
    const [health, wasSent] = [asking('health'), asking('was-sent')]
    const { apiKey } = this.#options
    const headers = { ...wasSent.headers, ...(apiKey ? { 'x-api-key': apiKey } : {}) }
    return [health, { ...wasSent, headers, json: { key: 'doctor' } }]
  }

  async send({ partId, to, content }: OutgoingPart, signal: AbortSignal): Promise<Sent> {
    if ('text' in content) return this.#sendText(partId, to, content.text, signal)
    const { reaction: emoji, messageId } = content
    const response = await this.#post('send-reaction', { to, emoji, messageId }, signal, partId)
    if (NO_ROUTE.has(response.status)) return this.#sendText(partId, to, emoji, signal)
    return this.#sent(response, 'send-reaction')
  }

  async #sendText(partId: string, to: string, message: string, signal: AbortSignal): Promise<Sent> {
    const response = await this.#post('send-message', { to, message }, signal, partId)
    return this.#sent(response, 'send-message')
  }

  /** Asks a bridge that remembers keys, as ours do; another one has no such route and tells nothing. */
  async find({ partId, startedAt }: UncertainPart, signal: AbortSignal): Promise<Found> {
    const response = await this.#post('was-sent', { key: partId }, signal)
    const body = await readCapped(response)
    if (NO_ROUTE.has(response.status)) return { ids: [], isAll: false }
    if (!response.ok) throw this.#refusal(response, 'was-sent', body)
    const { sent, messageId } = wasSentIn(body)
    if (sent === true && typeof messageId === 'string') return { ids: [messageId], isAll: true }
    return { ids: [], isAll: sent === false && Date.now() - startedAt < KEYS_KEPT_MS }
  }

  /** Read first, as a person does; a bridge that knows no such route shows the typing alone. */
  async #showTyping({ to, messageId }: Heard, signal: AbortSignal): Promise<void> {
    const seen = await this.#post('send-seen', { to, messageId }, signal)
    await readCapped(seen)
    const response = await this.#post('send-typing', { to }, signal)
    const body = await readCapped(response)
    if (!response.ok) throw this.#refusal(response, 'send-typing', body)
  }

  async #sent(response: Response, route: Route): Promise<Sent> {
    const body = await readCapped(response)
    if (response.ok) return { providerId: messageIdIn(body) }
    throw this.#refusal(response, route, body)
  }

  #refusal({ status, headers }: Response, route: Route, body: string): RapidFireError {
    const { error: said, code } = toldIn(body)
    return new RapidFireError(
      codeOf(status, code),
      `the bridge at ${shownAddress(this.#urlOf(route))} answered ${status}${said && `: ${said}`}`,
      { retryAfterMs: retryAfterMs(headers.get('retry-after'), Date.now()) },
    )
  }

  #urlOf(route: Route): URL {
    const url = new URL(this.#base)
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/${route}`
    return url
  }

  async #post(
    route: Route,
    body: Readonly<Record<string, string>>,
    signal: AbortSignal,
    partId?: string,
  ): Promise<Response> {
    const { apiKey, timeoutMs, traceHeaders } = this.#options
    const url = this.#urlOf(route)
    try {
      return await fetch(url, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'content-type': 'application/json',
          ...traceHeaders?.(),
          ...(partId ? { 'idempotency-key': partId } : {}),
          ...(apiKey ? { 'x-api-key': apiKey } : {}),
          ...(this.#authorization ? { authorization: this.#authorization } : {}),
        },
        body: JSON.stringify(body),
      })
    } catch (error) {
      const cause =
        error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error)
      throw new RapidFireError(
        isNoConnection(error) ? 'send_away' : 'send_failed',
        `the bridge at ${shownAddress(url)} did not take a part (${cause || 'no answer'})`,
        { cause: error },
      )
    }
  }
}

type Sent = { readonly providerId: string }

function codeOf(status: number, told: unknown): ErrorCode {
  if (status === 401) return 'send_denied'
  if (isFinal(status)) return 'send_refused'
  // One that is up and not connected has taken nothing.
  return told === 'send_away' ? 'send_away' : 'send_failed'
}

const MAX_ANSWER_BYTES = 65_536

/** A bridge's answer is read as far as it is useful, so that an endless one ends. */
async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      length += chunk.byteLength
      if (length > MAX_ANSWER_BYTES) break
    }
  } catch (error) {
    // The status has arrived and decides; a body that breaks off after a 2xx is only an id less.
    if (!response.ok) throw new RapidFireError('send_failed', messageOf(error), { cause: error })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function messageIdIn(body: string): string {
  try {
    const { messageId, id } = JSON.parse(body) as { messageId?: unknown; id?: unknown }
    const found = messageId ?? id
    return typeof found === 'string' ? found.slice(0, 256) : ''
  } catch {
    return ''
  }
}

function wasSentIn(body: string): { readonly sent?: unknown; readonly messageId?: unknown } {
  try {
    return (JSON.parse(body) as { sent?: unknown; messageId?: unknown } | null) ?? {}
  } catch {
    return {}
  }
}

/** What the bridge says of it, in a few words, and its code. */
function toldIn(body: string): { readonly error: string; readonly code: unknown } {
  try {
    const told = JSON.parse(body) as { error?: unknown; code?: unknown } | null
    return { error: shortly(told?.error), code: told?.code }
  } catch {
    return { error: '', code: undefined }
  }
}
