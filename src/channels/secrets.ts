/** Comparing what callers show with what they should know, in constant time. Pure. */
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Proof, ProviderCall } from './channel.ts'

/** Compares digests, so that neither length nor content shows in the time it takes. */
export function isSame(given: string, right: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', right, 'buffer'))
}

/** The one value of a header; null when it is absent or came twice. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** A parameter of the address; null when absent or given twice. */
export function queryOf({ url }: Pick<ProviderCall, 'url'>, name: string): string | null {
  const values = new URL(url, 'http://localhost').searchParams.getAll(name)
  return values.length === 1 && values[0] !== '' ? (values[0] ?? null) : null
}

const MISSING: Proof = {
  ok: false,
  code: 'auth_missing',
  message: 'Missing authentication headers',
}

/** A token that is shown as it is. `shown`: what the call bears; null = nothing. */
export function byToken(shown: string | null, token: string | null): Proof {
  if (token === null) return 'open'
  if (shown === null) return MISSING
  if (isSame(shown, token)) return { ok: true, seal: null }
  return { ok: false, code: 'auth_invalid', message: 'Invalid token' }
}

/** A hex HMAC over the raw bytes. `prefix`: what stands before the hex, as `sha256=`. */
export function byHmac(
  call: Pick<ProviderCall, 'headers' | 'rawBody'>,
  scheme: {
    readonly header: string
    readonly algorithm: 'sha256' | 'sha512'
    readonly prefix: string
  },
  secret: string | null,
): Proof {
  if (secret === null) return 'open'
  const shown = headerOf(call.headers, scheme.header)
  if (shown === null) return MISSING
  const invalid: Proof = { ok: false, code: 'auth_invalid', message: 'Invalid signature' }
  if (!shown.startsWith(scheme.prefix)) return invalid
  const hex = shown.slice(scheme.prefix.length)
  const right = createHmac(scheme.algorithm, secret).update(call.rawBody).digest()
  // The form is checked first: Buffer.from cuts at the first character that is not hex.
  if (hex.length !== right.length * 2 || !/^[0-9a-f]+$/.test(hex)) return invalid
  return timingSafeEqual(Buffer.from(hex, 'hex'), right) ? { ok: true, seal: hex } : invalid
}

export function hmacHex(algorithm: 'sha256' | 'sha512', secret: string, body: Buffer): string {
  return createHmac(algorithm, secret).update(body).digest('hex')
}
