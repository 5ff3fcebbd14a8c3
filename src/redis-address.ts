/**
 * Where Redis is, from one URL. Pure.
 *
 *   redis://user:password@host:port/db             one server, or what a failover is behind of
 *   redis+sentinel://host:port,host:port/name/db   the primary of that name, as its Sentinels say
 *   redis+cluster://host:port,host:port            a Redis Cluster, of which some nodes are named
 *
 * `rediss`, `rediss+sentinel` and `rediss+cluster` are the same by TLS. User and password are those of
 * the Redis servers. Behind a `?` may stand `password`, where there is none before, `family` (4, 6 or 0
 * for either) and the `sentinelPassword` of the Sentinels.
 */

export interface RedisTarget {
  /** As above, with everything that it needs. */
  readonly url: string
  /** When the URL has none. */
  readonly password?: string | null
}

export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface RedisAddress {
  readonly kind: 'server' | 'sentinel' | 'cluster'
  readonly isTls: boolean
  readonly username: string | null
  readonly password: string | null
  /** At least one; of Sentinels their own addresses. */
  readonly nodes: readonly [RedisNode, ...RedisNode[]]
  /** Of the primary, among its Sentinels. */
  readonly primary: string | null
  readonly sentinelPassword: string | null
  readonly database: number
  /** Of addresses; null = as the client has it. */
  readonly family: number | null
}

const URL_OF_REDIS =
  /^(?<scheme>rediss?(?:\+(?:sentinel|cluster))?):\/\/(?:(?<user>[^:@/\s]*)(?::(?<password>[^@/\s]*))?@)?(?<nodes>[^@/?\s]+)(?:\/(?<path>[^?\s]*))?(?:\?(?<query>\S*))?$/
const NODE = /^(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<host>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?$/
const NAME = /^[A-Za-z0-9._-]+$/
const PORTS = { server: 6379, sentinel: 26_379, cluster: 6379 } as const

/** Null where the URL is none of these. */
export function readAddress({ url, password = null }: RedisTarget): RedisAddress | null {
  const groups = URL_OF_REDIS.exec(url)?.groups
  if (!groups) return null
  const { scheme = '', user, password: own, path = '' } = groups
  const kind = kindOf(scheme)
  const more = moreIn(groups.query ?? '', kind)
  const [first, ...others] = (groups.nodes ?? '').split(',').map((text) => nodeOf(text, kind))
  const place = placeIn(path, kind)
  if (!first || others.includes(null) || place === null || more === null) return null
  if (kind === 'server' && others.length > 0) return null
  const { family, sentinelPassword } = more
  return {
    kind,
    isTls: scheme.startsWith('rediss'),
    username: decoded(user),
    password: decoded(own) ?? more.password ?? password,
    nodes: [first, ...others.filter((node) => node !== null)],
    ...{ family, sentinelPassword },
    ...place,
  }
}

export function addressOf(target: RedisTarget): RedisAddress {
  const address = readAddress(target)
  if (!address) throw new Error('this is no URL of a Redis')
  return address
}

/** `redis 127.0.0.1:6379/0`: for people, without user and password. */
export function placeOf(target: RedisTarget): string {
  const { kind, nodes, primary, database } = addressOf(target)
  const named = nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
  const others = named.length > 1 ? ` and ${named.length - 1} more` : ''
  if (kind === 'cluster') return `redis cluster ${named[0]}${others}`
  if (kind === 'sentinel') return `redis ${primary}/${database} by sentinel ${named[0]}${others}`
  return `redis ${named[0]}/${database}`
}

/** The URL with its passwords as `***`; null where it is none. */
export function withoutPasswords(url: string): string | null {
  if (readAddress({ url }) === null) return null
  return url.replace(/(:\/\/[^:@/]*):[^@/]*@/, '$1:***@').replace(/(password=)[^&]*/gi, '$1***')
}

export function databaseOf(target: RedisTarget): number {
  return addressOf(target).database
}

function kindOf(scheme: string): RedisAddress['kind'] {
  if (scheme.endsWith('+sentinel')) return 'sentinel'
  return scheme.endsWith('+cluster') ? 'cluster' : 'server'
}

function nodeOf(text: string, kind: RedisAddress['kind']): RedisNode | null {
  const groups = NODE.exec(text)?.groups
  const port = Number(groups?.port ?? PORTS[kind])
  if (!groups || port < 1 || port > 65_535) return null
  return { host: groups.v6 ?? groups.host ?? '', port }
}

/** A Cluster has one database and no other; Sentinels are asked for a name. */
function placeIn(
  path: string,
  kind: RedisAddress['kind'],
): { primary: string | null; database: number } | null {
  const words = path.split('/').filter((word) => word !== '')
  const primary = kind === 'sentinel' ? (words.shift() ?? '') : null
  if (primary !== null && !NAME.test(primary)) return null
  const [database = '0', ...more] = words
  if (more.length > 0 || !/^\d{1,5}$/.test(database)) return null
  if (kind === 'cluster' && database !== '0') return null
  return { primary, database: Number(database) }
}

interface More {
  readonly password: string | null
  readonly family: number | null
  readonly sentinelPassword: string | null
}

/** What no word here is, is no URL of ours: a word that nobody heeds would be a silent mistake. */
function moreIn(query: string, kind: RedisAddress['kind']): More | null {
  const given = new URLSearchParams(query)
  const known = ['password', 'family', ...(kind === 'sentinel' ? ['sentinelPassword'] : [])]
  if ([...given.keys()].some((name) => !known.includes(name))) return null
  const family = given.get('family')
  if (family !== null && !/^[046]$/.test(family)) return null
  return {
    password: given.get('password'),
    family: family === null ? null : Number(family),
    sentinelPassword: given.get('sentinelPassword'),
  }
}

function decoded(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  try {
    return decodeURIComponent(text)
  } catch {
    // A % that is none of an escape: as it stands there.
    return text
  }
}
