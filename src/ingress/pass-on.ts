/**
 * Drop-in: what a provider tells besides messages goes to the bot behind us at once and as it came,
 * bytes and headers alike. Two things are signed anew: what is left of a call that also brought
 * messages, and a call whose proof is of our address as well, as Twilio's is.
 *
 * What the bot cannot take now is refused to the provider as well, which comes again, as it would have
 * without us.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Channel, Provider, ProviderCall } from '../channels/channel.ts'
import { bytesOf } from '../channels/drop-in.ts'
import { parseBody } from '../channels/own/json.ts'
import type { Told } from '../channels/told.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import { httpAddress } from '../http-address.ts'
import type { Events } from '../observability/events/events.ts'
import type { ToldCall } from './told-call.ts'

export interface PassOnOptions {
  /** RESPONDER_URL. */
  readonly target: string
  readonly timeoutMs: number
  readonly events: Events
}

/** Belong to one connection, or are made anew; so do those that `connection` names. */
const OWN_TO_A_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
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
  async call(given: ToldCall, passed: readonly Told[]): Promise<void> {
    const { provider, call, told, proven } = given
    const [first] = proven
    if (passed.length === 0 || !first) return
    if (passed.length === told.length) return this.whole(given)
    const { channel } = first
    const headers = passable(call.headers)
    for (const body of leftOf(provider, call, passed)) {
      const rawBody = bytesOf(provider, body)
      await this.#post(provider.id, rawBody, { ...headers, ...this.#signed(channel, rawBody) })
    }
  }

  /** As it came, to the last byte. Throws as `call` does. */
  async whole({ provider, call, proven }: Omit<ToldCall, 'told'>): Promise<void> {
    const [first] = proven
    if (!first) return
    const isRight = await this.#holds(call, provider, first.channel)
    const anew = isRight ? {} : this.#signed(first.channel, call.rawBody)
    await this.#post(provider.id, call.rawBody, { ...passable(call.headers), ...anew })
  }

  /** Whether the proof that came along is right at the bot's address too. */
  async #holds(call: ProviderCall, { facts }: Provider, channel: Channel): Promise<boolean> {
    // Who posts forms signs the address too, which may be set and not the one that was called.
    if (facts.body === 'form') return false
    const { url } = httpAddress(this.#options.target)
    const there = { url: `${url.pathname}${url.search}`, publicUrl: url.href }
    const proof = await channel.verify({ ...call, ...there })
    return proof === 'open' || proof.ok
  }

  #signed(channel: Channel, rawBody: Buffer): Readonly<Record<string, string>> {
    const { url: target } = httpAddress(this.#options.target)
    return channel.sign({
      method: 'POST',
      url: `${target.pathname}${target.search}`,
      target,
      rawBody,
    })
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

/**
 * What was told besides new messages, as calls of their own. An edit or a reaction may stand among the
 * messages that are not wanted here, and brings its own call along.
 */
function leftOf(provider: Provider, { rawBody }: ProviderCall, passed: readonly Told[]): unknown[] {
  const rest = provider.rest?.(parseBody(rawBody)) ?? null
  const own = passed.flatMap((told) => ('original' in told ? [told.original] : []))
  return rest === null ? own : [...own, rest]
}

function passable(headers: IncomingHttpHeaders): Record<string, string> {
  const named = (headers.connection ?? '').toLowerCase().split(',')
  const left = new Set([...OWN_TO_A_HOP, ...named.map((name) => name.trim())])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined || left.has(name)) return []
      return [[name, Array.isArray(value) ? value.join(', ') : value] as const]
    }),
  )
}
