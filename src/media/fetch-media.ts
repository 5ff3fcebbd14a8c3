/**
 * Fetches a person's file. The address comes from outside, so it is checked three times:
 *
 *   the URL        http(s) without a password, to a port of the web
 *   at connect     the name's addresses are public ones, all of them; the one that was checked is
 *                  the one that is connected to, so a name cannot change its mind in between
 *   the answer     no redirect, not longer than the limit, within the deadline
 *
 * Hosts that the operator has listed may be private, as a bridge beside this service. Nothing that
 * authenticates us is sent. A refusal is `media_failed` and names the host, never the whole address,
 * which may bear a token of the provider's.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, fetch, type Response } from 'undici'
import { messageOf, RapidFireError } from '../errors.ts'
import type { MediaFetcher } from './media-fetcher.ts'
import { isPublicAddress, isWebPort } from './public-address.ts'

export interface GuardedFetcherOptions {
  /** `host` or `host:port`, as in MEDIA_HOSTS. */
  readonly allowedHosts: readonly string[]
  readonly maxBytes: number
  /** From the first look at the name to the last byte. */
  readonly timeoutMs: number
  /** Asks for the addresses of a name; the system's by default. */
  readonly lookup?: LookupFunction
}

export class GuardedFetcher implements MediaFetcher, AsyncDisposable {
  readonly maxBytes: number
  readonly #options: GuardedFetcherOptions
  readonly #allowed: ReadonlySet<string>
  readonly #open: Agent
  readonly #guarded: Agent

  constructor(options: GuardedFetcherOptions) {
    const { lookup = systemLookup, allowedHosts, maxBytes } = options
    this.maxBytes = maxBytes
    this.#options = options
    this.#allowed = new Set(allowedHosts.map((host) => host.toLowerCase()))
    // Each fetch connects anew (`pipelining: 0`), so each is checked.
    this.#open = new Agent({ pipelining: 0, connect: { lookup } })
    this.#guarded = new Agent({ pipelining: 0, connect: { lookup: publicOnly(lookup) } })
  }

  async fetch(given: string, signal: AbortSignal, maxBytes = this.maxBytes): Promise<Uint8Array> {
    signal.throwIfAborted()
    const url = this.#checked(given)
    const deadline = AbortSignal.timeout(this.#options.timeoutMs)
    const both = AbortSignal.any([signal, deadline])
    try {
      return await readCapped(await this.#get(url, both), Math.min(maxBytes, this.maxBytes))
    } catch (error) {
      signal.throwIfAborted()
      const cause = firstCauseOf(error)
      if (cause instanceof RapidFireError) throw cause
      const why = deadline.aborted
        ? `no end within ${this.#options.timeoutMs} ms`
        : messageOf(cause).slice(0, 200)
      throw failed(`the file at ${url.host} could not be fetched: ${why}`, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#open.destroy(), this.#guarded.destroy()])
  }

  #checked(given: string): URL {
    const url = URL.parse(given)
    if (!url) throw failed('the address of a file is none')
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw failed(`a file is fetched by http(s), not by ${url.protocol.slice(0, 20)}`)
    }
    if (url.username !== '' || url.password !== '') {
      throw failed(`the address of a file at ${url.host} bears a password`)
    }
    if (this.#isAllowed(url)) return url
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // A name is asked for when it is connected to; an address is never asked for.
    if (isIP(host) !== 0 && !isPublicAddress(host)) throw refused(url.host)
    if (!isWebPort(portOf(url))) throw refused(url.host)
    return url
  }

  #isAllowed(url: URL): boolean {
    const { hostname } = url
    return this.#allowed.has(hostname) || this.#allowed.has(`${hostname}:${portOf(url)}`)
  }

  #get(url: URL, signal: AbortSignal): Promise<Response> {
    return fetch(url, {
      dispatcher: this.#isAllowed(url) ? this.#open : this.#guarded,
      redirect: 'error',
      signal,
    })
  }
}

const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)

/** Refuses a name that has any private address; the others could be a disguise. */
export function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '')
      const addresses = found as LookupAddress[]
      const [first] = addresses
      if (!first || !addresses.every(({ address }) => isPublicAddress(address))) {
        return callback(refused(hostname), '')
      }
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

async function readCapped(response: Response, maxBytes: number): Promise<Uint8Array> {
  const host = response.url === '' ? 'its host' : new URL(response.url).host
  if (!response.ok) {
    await response.body?.cancel()
    throw failed(`${host} answered ${response.status} for a file`)
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    // What it says about its length is a claim; leaving the loop hangs up.
    if (length > maxBytes) {
      throw failed(`the file at ${host} is longer than ${maxBytes} bytes: raise MEDIA_MAX_BYTES`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function refused(host: string): RapidFireError {
  return failed(
    `files are not fetched from ${host}, which is not of the public web: if it is yours, add it to MEDIA_HOSTS`,
  )
}

const failed = (sentence: string, cause?: unknown): RapidFireError =>
  new RapidFireError('media_failed', sentence, cause === undefined ? {} : { cause })

/** A refusal of ours at connect comes back wrapped as `fetch failed`. */
function firstCauseOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? firstCauseOf(error.cause) : error
}
