/**
 * The signature of our own bridge format. Pure.
 *
 *   x-timestamp = ms since 1970
 *   x-signature = lower-case hex of HMAC-SHA256(secret, "METHOD:path:timestamp:" + rawBody)
 *
 * `path` is the URL as sent, with its query. Accepted besides the bytes as sent, because clients of
 * the original sign that: the body re-serialised by JSON.stringify, and for a call without a body
 * `{}` and `undefined`. A replay is not refused here: the same bytes give the same message ids, so
 * it has no effect, and the sender of an honest retry learns that all is well.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface Secret {
  /** The only tenant that it may name; null: any. */
  readonly tenant: string | null
  readonly key: string
}

export interface SignedCall {
  readonly headers: IncomingHttpHeaders
  readonly method: string
  /** As sent, with the query. */
  readonly url: string
  readonly rawBody: Buffer
}

export type Verified =
  | { readonly ok: true; readonly secret: Secret; readonly signature: string }
  | {
      readonly ok: false
      readonly code: 'auth_missing' | 'auth_timestamp' | 'auth_invalid'
      readonly message: string
    }

type Refused = Extract<Verified, { ok: false }>

export const TIMESTAMP_TOLERANCE_MS = 300_000

const MISSING: Refused = {
  ok: false,
  code: 'auth_missing',
  message: 'Missing authentication headers',
}
const TOO_OLD: Refused = {
  ok: false,
  code: 'auth_timestamp',
  message: 'Request timestamp too old',
}
const INVALID: Refused = { ok: false, code: 'auth_invalid', message: 'Invalid signature' }

interface Form {
  readonly ok: true
  readonly signature: string
  readonly timestamp: string
}

/** What is wrong with a signature before a byte of the body is needed. */
export function readForm(
  { headers, url }: Pick<SignedCall, 'headers' | 'url'>,
  nowMs: number,
): Form | Refused {
  const signature = headers['x-signature']
  const timestamp = headers['x-timestamp']
  if (typeof signature !== 'string' || typeof timestamp !== 'string') return MISSING
  if (signature === '' || timestamp === '') return MISSING
  // Digits only: parseInt takes trailing letters, and NaN is within any tolerance.
  if (!/^\d{13}$/.test(timestamp)) return TOO_OLD
  if (Math.abs(nowMs - Number(timestamp)) > TIMESTAMP_TOLERANCE_MS) return TOO_OLD
  if (!/^[0-9a-f]{64}$/.test(signature)) return INVALID
  // Fields are separated by colons, so one in the path could shift them.
  if (url.includes(':')) return INVALID
  return { ok: true, signature, timestamp }
}

/** `reserialise` gives the compact JSON of a body, null where there is none. */
export function verify(
  call: SignedCall,
  secrets: readonly Secret[],
  nowMs: number,
  reserialise: (rawBody: Buffer) => string | null,
): Verified {
  const form = readForm(call, nowMs)
  if (!form.ok) return form
  const { signature, timestamp } = form
  const given = Buffer.from(signature, 'latin1')
  const prefix = `${call.method}:${call.url}:${timestamp}:`
  const match = (body: Buffer | string) =>
    secrets.find(({ key }) => {
      // As text: a Buffer of its own for each digest costs a third of the whole.
      const right = createHmac('sha256', key).update(prefix).update(body).digest('hex')
      return timingSafeEqual(Buffer.from(right, 'latin1'), given)
    })
  const known = match(call.rawBody)
  if (known) return { ok: true, secret: known, signature }
  for (const body of otherSpellings(call.rawBody, reserialise)) {
    const secret = match(body)
    if (secret) return { ok: true, secret, signature }
  }
  return INVALID
}

/** Of a body that was signed before it was written as it came. */
function* otherSpellings(
  rawBody: Buffer,
  reserialise: (rawBody: Buffer) => string | null,
): Generator<string> {
  if (rawBody.length === 0) {
    yield '{}'
    yield 'undefined'
    return
  }
  const compact = reserialise(rawBody)
  // Mostly it is what was sent, and a body is hashed once for each secret.
  if (compact !== null && !rawBody.equals(Buffer.from(compact))) yield compact
}
