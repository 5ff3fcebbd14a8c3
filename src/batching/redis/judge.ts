/**
 * The judgement of a Redis at start, from what it says of itself: which deaths a write survives, and
 * what may get lost all the same, one finding each, with the way out. Pure; it refuses nothing.
 */
import type { Finding } from '../../finding.ts'
import type { Survives } from '../store-roles.ts'
import type { Durability } from './durability.ts'
import type { ServerFacts } from './server-facts.ts'

/** A refused write is near, as a share of maxmemory. */
const NEARLY_FULL = 0.8
/** Clocks that follow the same time are never so far apart, ms. */
const APART_MS = 5000
/** The first releases without CVE-2025-49844, by which a script could run any code on the server. */
const MENDED = ['7.2.11', '7.4.6', '8.0.4', '8.2.2']

export function survivalOf({ isAppendOnly, fsync }: ServerFacts): readonly Survives[] {
  if (fsync === null) return ['unknown']
  if (!isAppendOnly) return []
  return fsync === 'always' ? ['process', 'host'] : ['process']
}

export function judge(
  facts: ServerFacts,
  place: string,
  durability: Durability = 'primary',
): readonly Finding[] {
  return [
    following(facts, place, durability),
    eviction(facts, place),
    ...persistence(facts, place),
    replicas(facts, place),
    saving(facts, place),
    memory(facts, place),
    clock(facts, place),
    version(facts, place),
  ].filter((finding) => finding !== null)
}

type Found = Finding | null

function eviction({ policy }: ServerFacts, place: string): Found {
  if (policy === 'noeviction') return null
  return {
    code: 'redis_evicts',
    severity: 'error',
    what: `${place} deletes data when its memory is full (maxmemory-policy ${policy})`,
    risk: 'messages that nobody has answered are lost, and ids by which repeats are known',
    fix: 'set maxmemory-policy noeviction there',
  }
}

function persistence(facts: ServerFacts, place: string): Found[] {
  const { fsync, isAppendOnly, hasSnapshots, replicas } = facts
  if (isAppendOnly) return [syncing(fsync, place)]
  if (fsync === null) return [unknown(place)]
  if (hasSnapshots) {
    return [
      {
        code: 'redis_snapshots_only',
        severity: 'warning',
        what: `${place} keeps snapshots and no append-only file (appendonly no)`,
        risk: 'a restart goes back to the last snapshot: what was accepted since is lost, what was answered since may be answered again',
        fix: 'set appendonly yes there',
      },
    ]
  }
  return [
    {
      code: 'redis_keeps_nothing',
      severity: 'error',
      what: `${place} writes nothing to its disk (appendonly no, no save)`,
      risk: 'a restart loses all that was accepted and not answered, and all failed batches',
      fix: 'set appendonly yes there',
    },
    replicas === 0
      ? null
      : {
          code: 'redis_empties_replicas',
          severity: 'error',
          what: `${place} has replicas and writes nothing to its own disk`,
          risk: 'restarted it is empty, and its replicas copy that: they lose everything as well',
          fix: 'set appendonly yes there, and never let it restart by itself without its data',
        },
  ]
}

function syncing(fsync: string | null, place: string): Found {
  if (fsync === null) return unknown(place)
  if (fsync === 'always') return null
  if (fsync === 'everysec') {
    return {
      code: 'redis_syncs_each_second',
      severity: 'note',
      what: `${place} syncs its disk each second (appendfsync everysec)`,
      risk: 'a power cut loses about the last second; so does a killed Redis while its disk is slow',
      fix: 'set appendfsync always there if that second is worth a slower Redis',
    }
  }
  return {
    code: 'redis_seldom_syncs',
    severity: 'warning',
    what: `${place} leaves it to its system when the disk is synced (appendfsync ${fsync})`,
    risk: 'a power cut loses what was accepted in the last half minute',
    fix: 'set appendfsync everysec there',
  }
}

function unknown(place: string): Finding {
  return {
    code: 'redis_persistence_unknown',
    severity: 'note',
    what: `${place} does not tell how it keeps its data (CONFIG is refused)`,
    risk: 'what a restart or a power cut loses cannot be said',
    fix: 'give its user +config|get, or ask who runs it',
  }
}

function replicas({ replicas, minReplicas }: ServerFacts, place: string): Found {
  if (replicas === 0 || minReplicas !== 0) return null
  return {
    code: 'redis_replicas_not_asked',
    severity: 'warning',
    what: `${place} has replicas and takes writes without them (min-replicas-to-write 0)`,
    risk: 'cut off from them it accepts what a failover throws away',
    fix: 'set min-replicas-to-write 1 and min-replicas-max-lag 10 there',
  }
}

function following({ replicas }: ServerFacts, place: string, durability: Durability): Found {
  if (durability === 'primary' || replicas > 0) return null
  return {
    code: 'redis_no_replica',
    severity: 'error',
    what: `${place} has no replica, and nothing is accepted before one has it (REDIS_DURABILITY=replica)`,
    risk: 'every message is kept on this machine or refused until a replica follows',
    fix: 'add a replica (replicaof), or set REDIS_DURABILITY=primary',
  }
}

function saving({ hasSaveFailed }: ServerFacts, place: string): Found {
  if (!hasSaveFailed) return null
  return {
    code: 'redis_save_failed',
    severity: 'warning',
    what: `${place} could not write to its disk the last time it tried`,
    risk: 'it may refuse writes, and a restart goes back to what it could save',
    fix: 'make room on its disk, and see its log',
  }
}

function memory({ maxMemory, usedMemory }: ServerFacts, place: string): Found {
  if (maxMemory === 0) {
    return {
      code: 'redis_memory_unbounded',
      severity: 'note',
      what: `${place} has no limit of memory (maxmemory 0)`,
      risk: 'it grows until its system kills it, where a limit has it refuse writes and keep what it has',
      fix: 'set maxmemory there, with room for a rewrite of the append-only file',
    }
  }
  const share = usedMemory / maxMemory
  if (share < NEARLY_FULL) return null
  return {
    code: 'redis_memory_nearly_full',
    severity: 'warning',
    what: `${place} uses ${Math.round(share * 100)} % of its maxmemory`,
    risk: 'when it is full, it takes no more messages',
    fix: 'raise maxmemory there, or find out what fills it',
  }
}

function clock({ aheadMs }: ServerFacts, place: string): Found {
  if (aheadMs === null || Math.abs(aheadMs) <= APART_MS) return null
  const apart = `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`
  return {
    code: 'redis_clock_apart',
    severity: 'warning',
    what: `the clock of ${place} is ${apart} that of this host`,
    risk: 'batches go by its clock, signatures and the age of messages by this one: calls may be refused, messages set aside as old',
    fix: 'have both follow the same time (NTP)',
  }
}

function version({ version, isValkey }: ServerFacts, place: string): Found {
  if (isValkey || isMended(version)) return null
  return {
    code: 'redis_lua_hole',
    severity: 'note',
    what: `${place} is Redis ${version}, which may have a hole in its Lua (CVE-2025-49844)`,
    risk: 'whoever may run scripts there may run any code on that host',
    fix: `use ${MENDED.join(', ')} or newer; a distribution mends it under the old number, Debian with 7.0.15-1~deb12u6`,
  }
}

/** As new as the mended release of its own line, or of a line after the last that had to be mended. */
function isMended(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const lines = MENDED.map((mended) => mended.split('.').map(Number))
  const own = lines.find((line) => line[0] === major && line[1] === minor)
  if (own) return patch >= (own[2] ?? 0)
  const [lastMajor = 0, lastMinor = 0] = lines.at(-1) ?? []
  return major > lastMajor || (major === lastMajor && minor > lastMinor)
}
