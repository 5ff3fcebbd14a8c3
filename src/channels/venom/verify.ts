/**
 * Whether a call is a bridge's. There is no standard; three schemes are seen, of which each account
 * takes those that it allows:
 *
 *   path       x-signature = hex(HMAC-SHA256(secret, "METHOD:path:" + x-timestamp + ":" + rawBody)), our own
 *   timestamp  x-signature = hex(HMAC-SHA256(secret, x-timestamp + "." + rawBody)), time in ms or s
 *   body       x-signature = "sha256=" + hex(HMAC-SHA256(secret, rawBody))
 *
 * `body` has no time, so whoever has seen one call may repeat it at any later time: only the memory
 * of ids stands against that. A static `x-api-key` proves no more than that somebody knows it. Pure.
 */
import type { Proof, ProviderCall } from '../channel.ts'
import { reserialise } from '../own/json.ts'
import { TIMESTAMP_TOLERANCE_MS, verify as verifyOwn } from '../own/signature.ts'
import { byHmac, byToken, headerOf, hmacHex, isSame } from '../secrets.ts'

export type Scheme = 'path' | 'timestamp' | 'body'
export const SCHEMES: readonly Scheme[] = ['path', 'timestamp', 'body']

export interface Secrets {
  readonly secretKey: string | null
  readonly webhookKey: string | null
  readonly schemes: readonly Scheme[]
}

type SignedCall = Omit<ProviderCall, 'publicUrl'>
type Refused = Extract<Proof, { ok: false }>

const BODY = { header: 'x-signature', algorithm: 'sha256', prefix: 'sha256=' } as const

const MISSING: Refused = {
  ok: false,
  code: 'auth_missing',
  message: 'Missing authentication headers',
}
const TOO_OLD: Refused = { ok: false, code: 'auth_timestamp', message: 'Request timestamp too old' }
const INVALID: Refused = { ok: false, code: 'auth_invalid', message: 'Invalid signature' }

export function verifyVenom(call: SignedCall, secrets: Secrets, nowMs: number): Proof {
  const { secretKey, webhookKey, schemes } = secrets
  if (secretKey === null && webhookKey === null) return 'open'
  const shown = headerOf(call.headers, 'x-api-key')
  const byKey = webhookKey === null ? MISSING : byToken(shown, webhookKey)
  if (secretKey === null || (byKey !== 'open' && byKey.ok)) return byKey
  const bySignature = signatureOf(call, secretKey, schemes, nowMs)
  if (bySignature === 'open' || bySignature.ok) return bySignature
  // A wrong key is worth more words than a signature that is not there.
  return bySignature.code === 'auth_missing' && shown !== null ? byKey : bySignature
}

function signatureOf(
  call: SignedCall,
  secret: string,
  schemes: readonly Scheme[],
  nowMs: number,
): Proof {
  if (headerOf(call.headers, BODY.header)?.startsWith(BODY.prefix)) {
    return schemes.includes('body') ? byHmac(call, BODY, secret) : INVALID
  }
  let refused: Refused = MISSING
  for (const scheme of schemes) {
    if (scheme === 'body') continue
    const proof = scheme === 'path' ? byPath(call, secret, nowMs) : byTimestamp(call, secret, nowMs)
    if (proof.ok) return proof
    // The reason that is nearest to a right signature.
    refused = rankOf(proof) > rankOf(refused) ? proof : refused
  }
  return refused
}

const rankOf = ({ code }: Refused): number =>
  ['auth_missing', 'auth_timestamp', 'auth_invalid'].indexOf(code)

function byPath(call: SignedCall, key: string, nowMs: number): Exclude<Proof, 'open'> {
  const proof = verifyOwn(call, [{ tenant: null, key }], nowMs, reserialise)
  return proof.ok ? { ok: true, seal: proof.signature } : proof
}

function byTimestamp(call: SignedCall, key: string, nowMs: number): Exclude<Proof, 'open'> {
  const signature = headerOf(call.headers, 'x-signature')
  const timestamp = headerOf(call.headers, 'x-timestamp')
  if (signature === null || timestamp === null) return MISSING
  // Digits only: parseInt takes trailing letters, and NaN is within any tolerance.
  if (!/^(?:\d{10}|\d{13})$/.test(timestamp)) return TOO_OLD
  const atMs = timestamp.length === 10 ? Number(timestamp) * 1000 : Number(timestamp)
  if (Math.abs(nowMs - atMs) > TIMESTAMP_TOLERANCE_MS) return TOO_OLD
  const right = hmacHex('sha256', key, Buffer.concat([Buffer.from(`${timestamp}.`), call.rawBody]))
  return isSame(signature, right) ? { ok: true, seal: signature } : INVALID
}
