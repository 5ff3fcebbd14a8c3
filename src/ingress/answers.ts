/** What leaves as an answer when something is wrong: `{success:false, error, code, details?}`. */
import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { ERROR_CODES, type ErrorCode, messageOf, RapidFireError } from '../errors.ts'
import type { Events } from '../observability/events/events.ts'
import { Deadline } from '../service.ts'

export const BODY_LIMIT_BYTES = 256 * 1024
const RETRY_AFTER_S = 2

export interface ErrorAnswer {
  readonly success: false
  readonly error: string
  readonly code: ErrorCode
  readonly details?: readonly unknown[]
}

/** Fastify's own refusals in our words. */
const FRAMEWORK: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    ['body_too_large', `The body may have ${BODY_LIMIT_BYTES} bytes; send it in several calls`],
  ],
  [
    'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    ['unsupported_media_type', 'Send JSON with Content-Type: application/json'],
  ],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', ['invalid_format', 'Content-Length and the body differ']],
  // Of the request's own socket: the caller hung up, and nobody will read this.
  ['ECONNRESET', ['request_timeout', 'The connection ended before the body was complete']],
  ['FST_ERR_BAD_URL', ['invalid_format', 'The path is no valid URL']],
  ['FST_ERR_MAX_PARAM_LENGTH', ['not_found', 'Endpoint not found']],
  [
    'FST_ERR_ROUTE_MISSING_CONTENT_TYPE',
    ['method_not_allowed', 'Endpoints take GET, POST, DELETE'],
  ],
])

/** What callers read instead of our own words, which name servers, files and what they said. */
const TOLD_OUTSIDE: ReadonlyMap<ErrorCode, string> = new Map([
  ['internal', 'Internal server error'],
  ['store_away', 'The store does not answer now; send it again, it has no effect twice'],
  ['store_full', 'The store takes no writes now; nothing of it was stored, send it again later'],
  [
    'store_unreplicated',
    'The store has no second copy of it, so what became of the call is unknown; send it again, it has no effect twice',
  ],
  ['spool_full', 'The store is away, and as much is kept as may be; send it again later'],
  ['spool_broken', 'The store is away, and nothing can be kept here; send it again later'],
  ['store_damaged', 'What the store has of this conversation cannot be read; nothing was changed'],
  ['store_rights', 'The store lacks a right that the service needs; nothing was changed'],
  ['store_cluster', 'The store is of a kind that the service cannot use; nothing was changed'],
  ['store_auth', 'The store refuses the password of the service; nothing was changed'],
])

/** Anything thrown as an error that may leave; what is ours alone becomes `internal` and an event. */
export function toLeave(error: unknown, where: string, events: Events): RapidFireError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = FRAMEWORK.get(code)
  if (known) return new RapidFireError(...known)
  const own =
    error instanceof RapidFireError && error.status > 0 ? error : refusedByFramework(error)
  if (own && own.code !== 'internal') {
    const told = TOLD_OUTSIDE.get(own.code)
    return told === undefined ? own : new RapidFireError(own.code, told, { cause: error })
  }
  events.emit('internal.error', { where, error: wholeMessageOf(error) })
  return new RapidFireError('internal', 'Internal server error', { cause: error })
}

/** A refusal of Fastify's that stands in no table of ours is still the caller's mistake. */
function refusedByFramework(error: unknown): RapidFireError | null {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 0
  if (status < 400 || status > 499) return null
  return new RapidFireError('invalid_format', 'This is no request that the service takes')
}

/** With what it was caused by, for the log. */
function wholeMessageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : ''
  return `${messageOf(error)}${cause}`
}

/** Behind words that callers compare, and that say too little. */
const HINTS: ReadonlyMap<ErrorCode, string> = new Map([
  [
    'auth_timestamp',
    'x-timestamp is in ms since 1970 and within 300 s of the clock here, which the Date header of this answer shows: set the clock that is off',
  ],
])

export function errorAnswer(error: RapidFireError): ErrorAnswer {
  const hint = HINTS.get(error.code)
  const details: unknown = 'details' in error ? error.details : hint && [hint]
  return {
    success: false,
    error: error.message,
    code: error.code,
    ...(Array.isArray(details) && { details }),
  }
}

export function sendError(reply: FastifyReply, error: RapidFireError): FastifyReply {
  setErrorHeaders(reply, error.code)
  return reply.code(error.status).send(errorAnswer(error))
}

export function setErrorHeaders(reply: FastifyReply, code: ErrorCode): void {
  if (ERROR_CODES[code] === 503) reply.header('retry-after', String(RETRY_AFTER_S))
  if (code === 'token_required') reply.header('www-authenticate', 'Bearer')
}

/** An answer that goes out on a bare socket, where no request could be read. */
export function rawAnswer(code: ErrorCode, error: string): string {
  const status = ERROR_CODES[code]
  const body = JSON.stringify({ success: false, error, code } satisfies ErrorAnswer)
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? code}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}

/** Nobody waits for ever: throws RapidFireError `store_away` when `work` takes longer. */
export function within<T>(work: Promise<T>, forMs: number): Promise<T> {
  return new Deadline(forMs).inTime(work, storeSilent)
}

function storeSilent(): RapidFireError {
  return new RapidFireError(
    'store_away',
    'The store did not answer in time, so what became of the call is unknown; send it again, it has no effect twice',
  )
}
