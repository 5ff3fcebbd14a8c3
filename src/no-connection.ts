/**
 * Whether a call failed before it began: no connection was made, so the other side has nothing of it.
 * Whatever is not sure of that, such as a connection that broke, is something else. Pure.
 */

/** What the system says of a connection that it could not make. */
const OF_CONNECT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
])
/** The name has no address, or nobody can say; or `fetch` itself waited too long for a connection. */
const BEFORE_CONNECT: ReadonlySet<unknown> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** @param error as `fetch` rejects, or one that has it as its cause */
export function isNoConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return noneWasMade(error.cause ?? error)
}

function noneWasMade(cause: unknown): boolean {
  // A name with several addresses: each of them must have failed so.
  if (cause instanceof AggregateError)
    return cause.errors.length > 0 && cause.errors.every(noneWasMade)
  if (!(cause instanceof Error) || !('code' in cause)) return false
  if (BEFORE_CONNECT.has(cause.code)) return true
  // A connection that was made can time out or lose its way as well, under the same codes.
  return OF_CONNECT.has(cause.code) && 'syscall' in cause && cause.syscall === 'connect'
}
