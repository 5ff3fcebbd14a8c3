/**
 * What Redis answers, as errors of ours: away (try again, nothing is known), full, damaged (a key of
 * ours has a foreign type), no rights, or a bug.
 */
import { messageOf, RapidFireError } from '../../errors.ts'

const AWAY =
  /^(LOADING|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN|UNBLOCKED)\b|timed out|Connection is closed|isn't writeable|ECONN|EPIPE|EAI_AGAIN|ENOTFOUND|ETIMEDOUT|max retries per request|Socket closed|Stream isn't|ERR max number of clients|^NOSCRIPT\b/
const FULL = /^(OOM|MISCONF|NOREPLICAS)\b/
const RIGHTS = /NOPERM|ACL failure|can't access at least one of the keys|can't run this command/
/** A field that somebody else wrote: our scripts calculate with it. */
const NO_NUMBER =
  /attempt to (?:perform arithmetic|compare|concatenate)|value is not (?:an integer|a valid float)/
const AUTH = /^(NOAUTH|WRONGPASS)\b|invalid password|without any password configured/

export function redisError(error: unknown, place: string): RapidFireError {
  if (error instanceof RapidFireError) return error
  const text = messageOf(error)
  const cause = { cause: error }
  if (AUTH.test(text)) {
    return new RapidFireError(
      'store_auth',
      `${place} refuses the user or password: check REDIS_URL and REDIS_PASSWORD`,
      cause,
    )
  }
  if (RIGHTS.test(text)) {
    return new RapidFireError(
      'store_rights',
      `${place} lacks a right that is needed (${rightOf(text)}): see docs/operating.md for the ACL`,
      cause,
    )
  }
  if (FULL.test(text)) {
    return new RapidFireError(
      'store_full',
      `${place} takes no writes (${text.split(' ', 1)[0]}): give it memory or disk; nothing was stored`,
      cause,
    )
  }
  if (/WRONGTYPE/.test(text)) {
    return new RapidFireError(
      'store_damaged',
      `a key of this conversation has a foreign type on ${place}: look at it with redis-cli; nothing was changed`,
      cause,
    )
  }
  if (NO_NUMBER.test(text)) {
    return new RapidFireError(
      'store_damaged',
      `a key of this conversation has a foreign value on ${place}: look at it with redis-cli`,
      cause,
    )
  }
  if (/^READONLY\b/.test(text)) {
    return new RapidFireError(
      'store_away',
      `${place} is a replica and takes no writes: name its primary in REDIS_URL, or try again after a failover`,
      cause,
    )
  }
  if (AWAY.test(text)) {
    return new RapidFireError(
      'store_away',
      `${place} does not answer (${inWords(text)}): try again`,
      cause,
    )
  }
  return new RapidFireError('internal', `${place}: ${text}`, cause)
}

/** ioredis words a lost connection by its options. */
function inWords(text: string): string {
  return text.includes("isn't writeable") ? 'no connection' : text
}

function rightOf(text: string): string {
  return (
    /'([^']+)' command/.exec(text)?.[1] ??
    (text.includes('key') ? 'access to our keys' : 'a command')
  )
}
