/** Who makes a call: checked on the raw bytes, before anything in them is read. */
import type { FastifyRequest } from 'fastify'
import { reserialise } from '../channels/own/json.ts'
import { readForm, type Secret, type SignedCall, verify } from '../channels/own/signature.ts'
import { isSame } from '../channels/secrets.ts'
import { type Scheme, verifyVenom } from '../channels/venom/verify.ts'
import type { Clock } from '../clock.ts'
import { RapidFireError } from '../errors.ts'
import { type AccessMode, isLoopbackName, whyNotLocal } from './access.ts'

export interface Caller {
  readonly kind: 'signed' | 'key' | 'local'
  /** The only tenant that it may name; null: any. */
  readonly boundTenant: string | null
  /** Of a signed call: the same for an exact replay and nothing else. */
  readonly signature: string | null
}

export interface Doors {
  readonly mode: AccessMode
  readonly host: string
  readonly secrets: readonly Secret[]
  readonly apiKey: string | null
  readonly token: string
  readonly clock: Clock
  /** Ways to sign that are taken besides our own. */
  readonly schemes: readonly Scheme[]
}

export function rawBodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}

/**
 * Throws RapidFireError `auth_missing`, `auth_timestamp`, `auth_invalid` or `access_local_only`.
 */
export function callerOf(request: FastifyRequest, doors: Doors): Caller {
  const proven = provenCaller(request, doors)
  if (proven) return proven
  if (doors.mode === 'signed') {
    throw new RapidFireError('auth_missing', 'Missing authentication headers')
  }
  const reason = whyNotLocal(factsOf(request))
  if (reason === null) return { kind: 'local', boundTenant: null, signature: null }
  throw new RapidFireError(
    'access_local_only',
    `Without a secret only calls from this machine are taken, and ${reason}. Set VENOM_SECRET_KEY and sign the calls`,
  )
}

/**
 * Before the body is received: throws as `callerOf` does where the headers alone show that the call
 * will be refused, so that strangers cannot fill memory.
 */
export function refuseEarly(request: FastifyRequest, doors: Doors): void {
  if (!showsSignature(request) || doors.secrets.length === 0) {
    callerOf(request, doors)
    return
  }
  // Other ways to sign have other forms, and are judged with the body.
  if (othersOf(doors).length > 0) return
  const form = readForm({ headers: request.headers, url: request.raw.url ?? '' }, doors.clock())
  if (!form.ok) throw new RapidFireError(form.code, form.message)
}

function showsSignature({ headers }: FastifyRequest): boolean {
  return headers['x-signature'] !== undefined || headers['x-timestamp'] !== undefined
}

const othersOf = ({ schemes }: Doors): readonly Scheme[] =>
  schemes.filter((scheme) => scheme !== 'path')

function byOtherScheme(call: SignedCall, doors: Doors): Caller | null {
  const schemes = othersOf(doors)
  if (schemes.length === 0) return null
  for (const { key: secretKey, tenant } of doors.secrets) {
    const proof = verifyVenom(call, { secretKey, webhookKey: null, schemes }, doors.clock())
    if (proof !== 'open' && proof.ok) {
      return { kind: 'signed', boundTenant: tenant, signature: proof.seal }
    }
  }
  return null
}

/** A call with a secret; null when it shows none. */
function provenCaller(request: FastifyRequest, doors: Doors): Caller | null {
  const { headers } = request
  if (showsSignature(request) && doors.secrets.length > 0) {
    const call = {
      headers,
      method: request.method,
      url: request.raw.url ?? '',
      rawBody: rawBodyOf(request),
    }
    const verified = verify(call, doors.secrets, doors.clock(), reserialise)
    if (!verified.ok) {
      const other = byOtherScheme(call, doors)
      if (other) return other
      throw new RapidFireError(verified.code, verified.message)
    }
    const { secret, signature } = verified
    return { kind: 'signed', boundTenant: secret.tenant, signature }
  }
  const key = headers['x-api-key']
  if (doors.apiKey === null || key === undefined) return null
  if (typeof key === 'string' && isSame(key, doors.apiKey)) {
    return { kind: 'key', boundTenant: null, signature: null }
  }
  throw new RapidFireError('auth_invalid', 'Invalid API key')
}

/** Discard takes a signed call or the token; an unsigned one never, nor the static key alone. */
export function discarderOf(request: FastifyRequest, doors: Doors): Pick<Caller, 'boundTenant'> {
  if (request.headers.authorization !== undefined) {
    requireToken(request, doors)
    return { boundTenant: null }
  }
  const proven = provenCaller(request, doors)
  if (proven?.kind === 'signed') return proven
  if (doors.secrets.length > 0 && proven === null) {
    throw new RapidFireError('auth_missing', 'Missing authentication headers')
  }
  throw tokenRequired()
}

/** Throws RapidFireError `token_required` unless the operator's token is given. */
export function requireToken(request: FastifyRequest, doors: Pick<Doors, 'token'>): void {
  if (!hasToken(request, doors)) throw tokenRequired()
}

export function hasToken(request: FastifyRequest, doors: Pick<Doors, 'token'>): boolean {
  const given = /^Bearer ([!-~]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return given !== undefined && isSame(given, doors.token)
}

/** full with the token, masked on this machine without it. Throws RapidFireError `token_required`. */
export function viewOf(request: FastifyRequest, doors: Doors): 'full' | 'masked' {
  if (hasToken(request, doors)) return 'full'
  const asked = request.headers.authorization !== undefined
  const local = isLoopbackName(doors.host) && whyNotLocal(factsOf(request)) === null
  if (asked || !local) throw tokenRequired()
  return 'masked'
}

function tokenRequired(): RapidFireError {
  return new RapidFireError(
    'token_required',
    "The operator's token is needed: Authorization: Bearer <ADMIN_TOKEN, or the file `token` in DATA_DIR>",
  )
}

function factsOf(request: FastifyRequest) {
  return { remoteAddress: request.raw.socket.remoteAddress, headers: request.headers }
}
