/**
 * Every error that a person or a caller may see has a code, the fact and the way out.
 * `docs/errors.md` lists the codes; a test holds the two equal. A code is never reused.
 */
export const ERROR_CODES = {
  // a call that is refused
  invalid_json: 400,
  invalid_format: 400,
  missing_fields: 400,
  invalid_phone: 400,
  invalid_text: 400,
  invalid_id: 400,
  invalid_type: 400,
  unsupported_peer: 400,
  unknown_tenant: 400,
  tenant_not_allowed: 400,
  unknown_channel: 400,
  nothing_accepted: 400,
  backup_unusable: 400,
  too_deep: 400,
  auth_missing: 401,
  auth_timestamp: 401,
  auth_invalid: 401,
  signature_missing: 400,
  signature_refused: 403,
  token_required: 401,
  verification_refused: 403,
  access_local_only: 403,
  not_found: 404,
  unknown_callback: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  conversation_held: 409,
  already_answered: 409,
  body_too_large: 413,
  too_many_messages: 413,
  unsupported_media_type: 415,
  foreign_host: 421,
  headers_too_large: 431,
  internal: 500,
  // the service cannot take it now
  store_away: 503,
  store_full: 503,
  store_damaged: 503,
  store_auth: 503,
  store_rights: 503,
  store_cluster: 503,
  store_unreplicated: 503,
  overloaded: 503,
  too_many_pending: 503,
  spool_full: 503,
  spool_broken: 503,
  stopping: 503,
  backend_away: 503,
  // start is refused
  settings_invalid: 0,
  access_unsafe: 0,
  store_unreachable: 0,
  store_too_old: 0,
  store_evicts: 0,
  store_risky: 0,
  store_other_tenant: 0,
  store_other_partitions: 0,
  data_dir_unwritable: 0,
  data_dir_owned: 0,
  data_newer: 0,
  data_broken: 0,
  port_in_use: 0,
  node_too_old: 0,
  responder_unusable: 0,
  library_missing: 0,
  // a command fails
  service_unreachable: 0,
  refused: 0,
  no_answer: 0,
  backup_unwritable: 0,
  // a bridge cannot go on
  library_failed: 0,
  session_ended: 0,
  // a reply could not be sent
  send_failed: 0,
  send_away: 0,
  send_denied: 0,
  send_refused: 0,
  outside_window: 0,
  // an answer could not be had
  responder_failed: 0,
  responder_away: 0,
  responder_refused: 0,
  responder_timeout: 0,
  answer_unusable: 0,
  budget_spent: 0,
  media_failed: 0,
} as const
export type ErrorCode = keyof typeof ERROR_CODES

/** A fact and a way out, safe to show: never message text, secrets, paths of ours or stack traces. */
export class RapidFireError extends Error {
  readonly code: ErrorCode
  /** HTTP status where the error may leave as an answer, 0 where it cannot. */
  readonly status: number
  /** When it may be tried again, ms from now, where the other side said so. */
  readonly retryAfterMs: number | null

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | null } = {},
  ) {
    const { cause, retryAfterMs = null } = options
    super(message, cause === undefined ? {} : { cause })
    this.retryAfterMs = retryAfterMs
    this.name = 'RapidFireError'
    this.code = code
    this.status = ERROR_CODES[code]
  }
}

/** The sentence of anything thrown, for logs and command lines. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
