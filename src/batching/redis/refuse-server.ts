/** Which Redis a start is refused on. */
import { RapidFireError } from '../../errors.ts'
import { type Finding, sentenceOf } from '../../finding.ts'

/** What a start does when accepted messages may get lost on its store. */
export type StoreRisk = 'refuse' | 'warn' | 'accept'

/**
 * Redis 7 or newer: older ones cannot refuse a script whole when memory is full. And a node of a
 * Cluster only where it is known for one: what one of our scripts changes has to be in one place.
 */
export function refuseUnusable(
  info: ReadonlyMap<string, string>,
  place: string,
  isCluster: boolean,
): void {
  const version = info.get('redis_version') ?? 'unknown'
  if (!(Number.parseInt(version, 10) >= 7)) {
    throw new RapidFireError(
      'store_too_old',
      `${place} is Redis ${version}: 7 or newer is needed, since older ones may leave half of a write`,
    )
  }
  if (info.get('cluster_enabled') === '1' && !isCluster) {
    throw new RapidFireError(
      'store_cluster',
      `${place} is a node of a Redis Cluster, which spreads over its nodes what has to be in one place: write redis+cluster://… instead of redis://… in REDIS_URL`,
    )
  }
}

/** An eviction deletes messages while all is well, so it is refused unless somebody accepts it. */
export function refuseRisky(findings: readonly Finding[], risk: StoreRisk): void {
  if (risk === 'accept') return
  const evicts = findings.find(({ code }) => code === 'redis_evicts')
  if (evicts) throw new RapidFireError('store_evicts', `${evicts.what}: ${evicts.fix}`)
  if (risk === 'warn') return
  const risky = findings.filter(({ severity }) => severity !== 'note')
  if (risky.length === 0) return
  throw new RapidFireError(
    'store_risky',
    `${risky.map(sentenceOf).join('. ')}. STORE_RISK=warn starts all the same`,
  )
}
