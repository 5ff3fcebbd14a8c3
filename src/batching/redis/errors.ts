/**
 * What Redis answers, as errors of ours, a row for each. Away: nothing is known of the call, it may
 * be repeated. Full: no writes are taken, nothing was stored, later it will. Damaged, auth, rights,
 * cluster: somebody has to change something first. What no row knows is a bug, `internal`.
 */
import { type ErrorCode, messageOf, RapidFireError } from '../../errors.ts'

interface Row {
  readonly says: RegExp
  readonly code: ErrorCode
  /** The fact and the way out. */
  readonly means: (place: string, text: string) => string
}

/** How ioredis and Node word a connection that ended under a call. */
const ENDED =
  /Connection is closed|isn't writeable|Stream isn't|Command aborted due to connection close|max retries per request|Socket closed|ECONNRESET|ECONNABORTED|ECONNREFUSED|EPIPE/
/** And one that cannot be had, or on which nothing comes. */
const SILENT =
  /All sentinels are unreachable|Too many Cluster redirections|Failed to refresh slots cache|None of startup nodes|Cluster is(?:n't ready| ended)|timed out|Socket timeout|ETIMEDOUT|ECONN|E(?:HOST|NET)(?:UNREACH|DOWN)|EADDRNOTAVAIL|EMFILE|EAI_AGAIN|ENOTFOUND|max number of clients|^(?:UNBLOCKED|NOSCRIPT|TRYAGAIN|CLUSTERDOWN)\b/
/** Something else answers, or a connection was cut inside an answer and led on. */
const NO_REDIS = /Unknown RESP type|Protocol error|Please report this/
/** A field that somebody else wrote: our scripts calculate with it. */
const NO_NUMBER =
  /attempt to (?:perform arithmetic|compare|concatenate)|value is not (?:an integer|a valid float)/

/** Of a Cluster that is known for one: its client was led on more often than it goes along. */
const MOVING: Row = {
  says: /^(?:MOVED|ASK)\b/,
  code: 'store_away',
  means: (place) => `${place} is being moved to another node: try again`,
}

/** The first that fits counts. */
const ROWS: readonly Row[] = [
  {
    says: /^(NOAUTH|WRONGPASS)\b|invalid password|without any password configured/,
    code: 'store_auth',
    means: (place) => `${place} refuses the user or password: check REDIS_URL and REDIS_PASSWORD`,
  },
  {
    says: /NOPERM|ACL failure|can't access at least one of the keys|can't run this command/,
    code: 'store_rights',
    means: (place, text) =>
      `${place} lacks a right that is needed (${rightOf(text)}): see docs/operating.md for the ACL`,
  },
  {
    says: /^OOM\b/,
    code: 'store_full',
    means: (place) =>
      `${place} takes no writes (OOM): its memory is full: raise maxmemory, or make room; nothing was stored`,
  },
  {
    says: /^MISCONF\b/,
    code: 'store_full',
    means: (place) =>
      `${place} takes no writes (MISCONF): it cannot save to its disk: make room there and see its log; nothing was stored`,
  },
  {
    says: /^NOREPLICAS\b/,
    code: 'store_full',
    means: (place) =>
      `${place} takes no writes (NOREPLICAS): it has fewer replicas than min-replicas-to-write: bring them back; nothing was stored`,
  },
  {
    says: /WRONGTYPE/,
    code: 'store_damaged',
    means: (place) =>
      `a key of this conversation has a foreign type on ${place}: npx rapid-fire doctor names it; nothing was changed`,
  },
  {
    says: NO_NUMBER,
    code: 'store_damaged',
    means: (place) =>
      `a key of this conversation has a foreign value on ${place}: npx rapid-fire doctor names it`,
  },
  {
    says: /^(?:MOVED|ASK|CROSSSLOT)\b/,
    code: 'store_cluster',
    means: (place) =>
      `${place} is a node of a Redis Cluster, which spreads over its nodes what has to be in one place: write redis+cluster://… instead of redis://… in REDIS_URL`,
  },
  {
    says: /^READONLY\b/,
    code: 'store_away',
    means: (place) =>
      `${place} is a replica and takes no writes: name its primary in REDIS_URL, or try again after a failover`,
  },
  {
    says: /^MASTERDOWN\b/,
    code: 'store_away',
    means: (place) =>
      `${place} is a replica that has lost its primary: name the primary in REDIS_URL, or try again after a failover`,
  },
  {
    says: /^LOADING\b/,
    code: 'store_away',
    means: (place) => `${place} is still loading its data: try again when it is done`,
  },
  {
    says: /^BUSY\b/,
    code: 'store_away',
    means: (place) =>
      `${place} is busy with a script that does not end: try again, or end it with SCRIPT KILL`,
  },
  {
    says: NO_REDIS,
    code: 'store_away',
    means: (place) =>
      `${place} gives answers that are not of a Redis: correct REDIS_URL, or try again`,
  },
  {
    says: new RegExp(`${ENDED.source}|${SILENT.source}`),
    code: 'store_away',
    means: (place, text) => `${place} does not answer (${inWords(text)}): try again`,
  },
]

export function redisError(error: unknown, place: string): RapidFireError {
  if (error instanceof RapidFireError) return error
  const text = messageOf(error)
  const isCluster = place.startsWith('redis cluster ')
  const row = [...(isCluster ? [MOVING] : []), ...ROWS].find(({ says }) => says.test(text))
  const [code, sentence] = row
    ? [row.code, row.means(place, text)]
    : (['internal', `${place}: ${text}`] as const)
  return new RapidFireError(code, sentence, { cause: error })
}

/** The connection ended under the call, which may have run or not. */
export function hasEnded(answer: unknown): boolean {
  return answer instanceof Error && ENDED.test(answer.message)
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
