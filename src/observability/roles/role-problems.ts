/** What is wrong with the roles that are alive on a store: who is missing, who has other settings. Pure. */
import type {
  AgreedValues,
  LiveRole,
  RoleBeat,
  RoleName,
  StorePlace,
} from '../../batching/store-roles.ts'

export const ROLE_NAMES = ['api', 'processor', 'worker'] as const
type Needed = (typeof ROLE_NAMES)[number]

/** A process that shares our DATA_DIR, as it says of itself there. */
export interface Neighbour {
  readonly roles: readonly string[]
  readonly host: string
  readonly pid: number
  readonly store: StorePlace
}

export interface RolesSeen {
  readonly live: readonly LiveRole[]
  /** Who looks, and at which store. */
  readonly self: Pick<RoleBeat, 'role' | 'host' | 'pid' | 'digest' | 'settings'> & {
    readonly store: StorePlace
  }
  /** Those that are alive; asked for where a role is missing. */
  readonly neighbours: readonly Neighbour[]
}

export interface RoleProblem {
  readonly code: 'role_missing' | 'role_elsewhere' | 'role_silent' | 'settings_apart'
  readonly what: string
  readonly fix: string
}

export const sentenceOf = ({ what, fix }: Pick<RoleProblem, 'what' | 'fix'>): string =>
  `${what}: ${fix}`

export function missingRoles(live: readonly LiveRole[]): Needed[] {
  return ROLE_NAMES.filter((role) => !live.some((beat) => beat.role === role))
}

export function roleProblems(seen: RolesSeen): RoleProblem[] {
  const { live, self } = seen
  const apart = live.filter((beat) => beat.digest !== self.digest)
  return [
    ...missingRoles(live).map((role) => problemOfMissing(role, seen)),
    ...apart.map((beat) => problemOfSettings(beat, self)),
  ]
}

/** Who does the work of a processor that is missing, in a sentence; null where nobody does. */
export function standInSentence(live: readonly LiveRole[]): string | null {
  if (!missingRoles(live).includes('processor')) return null
  const [standIn] = live.filter(({ role }) => role === 'standIn')
  if (standIn === undefined) return null
  return `the API of ${processOf(standIn)} stands in for the processor until there is one`
}

export const processOf = ({ pid, host }: Pick<RoleBeat, 'pid' | 'host'>): string =>
  `process ${pid} on ${host}`

/** For people, of a role as a beat names it. */
export const roleWord = (role: RoleName): string => (role === 'standIn' ? 'stand-in' : role)

function problemOfMissing(role: Needed, { self, neighbours }: RolesSeen): RoleProblem {
  const here = `no ${role} is at work on ${self.store.place}, which the ${roleTitle(self)} uses`
  const same = neighbours.filter(({ roles }) => roles.includes(role))
  const silent = same.find(({ store }) => isSameStore(store, self.store))
  if (silent) {
    return {
      code: 'role_silent',
      what: `${here}; ${processOf(silent)} is one, and gives no sign of life there`,
      fix: 'see its log: it is stopped, or does not reach its Redis; restart it',
    }
  }
  const [elsewhere] = same
  if (elsewhere) {
    const { store } = elsewhere
    return {
      code: 'role_elsewhere',
      what: `${here}; one is alive on ${store.place} (${processOf(elsewhere)})${likeness(store, self.store)}`,
      fix: 'give both the same REDIS_URL and restart them',
    }
  }
  return {
    code: 'role_missing',
    what: here,
    fix: `start one with \`rapid-fire start --role ${role}\`, or check that its REDIS_URL names the same server and database`,
  }
}

/** Two addresses may lead to one server, and one address to two. */
function likeness(theirs: StorePlace, ours: StorePlace): string {
  if (theirs.engine !== ours.engine || theirs.server === null) return ''
  if (theirs.server === ours.server) {
    return theirs.database === ours.database ? '' : ': the same server, another database'
  }
  return theirs.place === ours.place ? ': the same address, another server' : ''
}

export function isSameStore(one: StorePlace, other: StorePlace): boolean {
  return (
    one.engine === other.engine &&
    one.id === other.id &&
    one.server === other.server &&
    one.database === other.database &&
    one.prefix === other.prefix
  )
}

function problemOfSettings(beat: LiveRole, self: RolesSeen['self']): RoleProblem {
  const named = differences(beat.settings, self.settings)
  return {
    code: 'settings_apart',
    what: `the ${roleWord(beat.role)} of ${processOf(beat)} has other settings than this ${titleOf(self.role)}${named}`,
    fix: 'give all roles the same environment and restart them',
  }
}

const MOST_NAMED = 4

/** ` (BATCH_TIMEOUT is 8000 there and 10000 here)`, or nothing where one of them does not tell. */
function differences(theirs: AgreedValues | undefined, ours: AgreedValues | undefined): string {
  if (theirs === undefined || ours === undefined) return ''
  const all = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
  const apart = all.filter((name) => theirs[name] !== ours[name])
  const single = apart.filter((name) => name !== 'tenants')
  // What is said for everyone counts for each tenant: their hash tells nothing more then.
  if (single.length === 0) return apart.length === 0 ? '' : ' (of single tenants or message types)'
  const told = single
    .slice(0, MOST_NAMED)
    .map(
      (name) => `${name} is ${theirs[name] ?? 'unknown'} there and ${ours[name] ?? 'unknown'} here`,
    )
  const more = single.length - told.length
  return ` (${told.join(', ')}${more > 0 ? `, and ${more} more` : ''})`
}

const titleOf = (role: RoleName): string => (role === 'api' ? 'API' : roleWord(role))
const roleTitle = (self: RolesSeen['self']): string => `${titleOf(self.role)} of ${processOf(self)}`
