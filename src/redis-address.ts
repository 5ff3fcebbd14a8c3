/**
 * Where Redis is, from one URL. Pure.
 *
 *   redis://user:password@host:port/db             one server, or what a failover is behind of
 *   redis+sentinel://host:port,host:port/name/db   the primary of that name, as its Sentinels say
 *   redis+cluster://host:port,host:port            a Redis Cluster, of which some nodes are named
 *
 * `rediss`, `rediss+sentinel` and `rediss+cluster` are the same by TLS. User and password are those of
 * the Redis servers; Sentinels are asked without, unless `?sentinelPassword=` stands behind.
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
}

const URL_OF_REDIS =
  /^(?<scheme>rediss?(?:\+(?:sentinel|cluster))?):\/\/(?:(?<user>[^:@/\s]*)(?::(?<password>[^@/\s]*))?@)?(?<nodes>[^@/?\s]+)(?:\/(?<path>[^?\s]*))?(?:\?sentinelPassword=(?<sentinelPassword>[^&\s]+))?$/
const NODE = /^(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<host>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?$/
const NAME = /^[A-Za-z0-9._-]+$/
const PORTS = { server: 6379, sentinel: 26_379, cluster: 6379 } as const

/** Null where the URL is none of these. */
export function readAddress({ url, password = null }: RedisTarget): RedisAddress | null {
  const groups = URL_OF_REDIS.exec(url)?.groups
  if (!groups) return null
  const { scheme = '', user, password: own, path = '', sentinelPassword } = groups
  const kind = kindOf(scheme)
  const [first, ...others] = (groups.nodes ?? '').split(',').map((text) => nodeOf(text, kind))
  const place = placeIn(path, kind)
  if (!first || others.includes(null) || place === null) return null
  if (kind === 'server' && others.length > 0) return null
  if (sentinelPassword !== undefined && kind !== 'sentinel') return null
  return {
    kind,
    isTls: scheme.startsWith('rediss'),
    username: decoded(user),
    password: decoded(own) ?? password,
    nodes: [first, ...others.filter((node) => node !== null)],
    sentinelPassword: decoded(sentinelPassword),
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
  return url
    .replace(/(:\/\/[^:@/]*):[^@/]*@/, '$1:***@')
    .replace(/(\?sentinelPassword=).*/, '$1***')
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

function decoded(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  try {
    return decodeURIComponent(text)
  } catch {
    // A % that is none of an escape: as it stands there.
    return text
  }
}
