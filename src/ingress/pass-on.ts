/**
 * Drop-in: what a provider tells besides messages goes to the bot behind us at once and as it came,
 * bytes and headers alike. Only a call that also brought messages is passed on without them, signed anew.
 *
 * What the bot cannot take now is refused to the provider as well, which comes again, as it would have
 * without us.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Channel } from '../channels/channel.ts'
import { parseBody } from '../channels/own/json.ts'
import type { Told } from '../channels/told.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import { httpAddress } from '../http-address.ts'
import type { Events } from '../observability/events.ts'
import type { ToldCall } from './hear-call.ts'

export interface PassOnOptions {
  /** RESPONDER_URL. */
  readonly target: string
  readonly timeoutMs: number
  readonly events: Events
}

/** Belong to one connection, or are made anew. */
const OWN_TO_A_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export class PassOn {
  readonly #options: PassOnOptions

  constructor(options: PassOnOptions) {
    this.#options = options
  }

  /** Throws `backend_away` where the bot did not take it. */
  async call({ provider, call, told, proven }: ToldCall, passed: readonly Told[]): Promise<void> {
    if (passed.length === 0) return
    if (passed.length === told.length) {
      return this.#post(provider.id, call.rawBody, passable(call.headers))
    }
    const rest = provider.rest?.(parseBody(call.rawBody)) ?? null
    const [first] = proven
    if (rest === null || !first) return
    const rawBody = Buffer.from(JSON.stringify(rest))
    const headers = signed(first.channel, rawBody, this.#options.target)
    await this.#post(provider.id, rawBody, { ...passable(call.headers), ...headers })
  }

  async #post(
    channel: string,
    rawBody: Buffer,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { target, timeoutMs, events } = this.#options
    const { url, authorization } = httpAddress(target)
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        headers: { ...headers, ...(authorization !== null && { authorization }) },
        body: new Uint8Array(rawBody),
      })
      await response.body?.cancel()
      if (response.ok) return
      throw new Error(`it answered ${response.status}`)
    } catch (error) {
      events.emit('passOn.failed', { channel, error: messageOf(error) })
      throw new RapidFireError(
        'backend_away',
        'The bot behind this service does not take calls now; send it again',
        { cause: error },
      )
    }
  }
}

function passable(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined || OWN_TO_A_HOP.has(name)) return []
      return [[name, Array.isArray(value) ? value.join(', ') : value] as const]
    }),
  )
}

function signed(
  channel: Channel,
  rawBody: Buffer,
  target: string,
): Readonly<Record<string, string>> {
  const url = new URL(target)
  return channel.sign({ method: 'POST', url: `${url.pathname}${url.search}`, target: url, rawBody })
}
