/**
 * What the doctor finds around the store: each code with how bad it is. What is wrong in the store is
 * in `store-examine.ts`, what a Redis risks in `judge.ts`; what each means to people, in
 * `docs/operating/doctor.md`, which a test holds against these.
 */
import { ERROR_CODES, type ErrorCode, messageOf, RapidFireError } from '../../errors.ts'
import type { Finding, Severity } from '../doctor.ts'

export const FINDINGS = {
  // this host
  node_old: 'error',
  data_dir_unwritable: 'error',
  disk_nearly_full: 'warning',
  clock_apart: 'warning',
  spool_waits: 'warning',
  spool_set_aside: 'warning',
  spool_file_broken: 'warning',
  // secrets
  secret_missing: 'error',
  secret_short: 'warning',
  secret_known: 'error',
  secret_given_out: 'warning',
  redis_without_password: 'warning',
  // processes
  service_silent: 'error',
  service_not_ready: 'error',
  nothing_runs: 'note',
  command_store_differs: 'warning',
  command_settings_differ: 'warning',
  role_missing: 'error',
  role_elsewhere: 'error',
  role_silent: 'error',
  settings_apart: 'error',
  versions_apart: 'warning',
  schema_apart: 'error',
  stands_in: 'warning',
  // what waits
  batches_overdue: 'error',
  jobs_wait: 'error',
  batches_failed: 'note',
  nothing_came: 'note',
  // others
  responder_unreachable: 'error',
  responder_key_refused: 'error',
  responder_failing: 'warning',
  responder_file_missing: 'error',
  channel_unreachable: 'error',
  channel_key_refused: 'error',
  channel_not_ready: 'warning',
  // a check itself
  check_failed: 'warning',
} as const satisfies Readonly<Record<string, Severity>>
export type FindingCode = keyof typeof FINDINGS

export function found(code: FindingCode, what: string, fix: string): Finding {
  return { code, severity: FINDINGS[code], what, fix, repair: null }
}

/** A check that could not be made; an error of ours is a fact and, behind its last colon, the way out. */
export function findingOfError(error: unknown, check: string): Finding {
  const said = messageOf(error)
  if (!(error instanceof RapidFireError) || error.code === 'internal') {
    return found(
      'check_failed',
      `the check of ${check} could not be made (${said.split('\n', 1)[0]})`,
      'run it again; what the others say stands',
    )
  }
  // What the service could not do says more than that it refused.
  const theirs = error.code === 'refused' && isCode(error.cause) ? error.cause : null
  if (theirs === 'store_away') return awayBehind()
  const plain = theirs === null ? said : said.replace(/^refused: /, '')
  const at = plain.lastIndexOf(': ')
  const [what, fix] =
    at < 0 ? [plain, 'see docs/errors.md'] : [plain.slice(0, at), plain.slice(at + 2)]
  return { code: theirs ?? error.code, severity: 'error', what, fix, repair: null }
}

const isCode = (given: unknown): given is ErrorCode =>
  typeof given === 'string' && Object.hasOwn(ERROR_CODES, given)

/** A service tells callers no more than that. */
const awayBehind = (): Finding => ({
  code: 'store_away',
  severity: 'error',
  what: 'the store does not answer the service, so that nothing in it can be looked at',
  fix: 'bring it back and run this again; with SPOOL=onFailure messages are kept meanwhile',
  repair: null,
})
