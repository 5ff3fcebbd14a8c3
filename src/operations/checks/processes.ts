/**
 * What the doctor says of processes: whether the service of this folder answers, whether all roles
 * are alive on one store with the same settings, and whether this command looks where they do.
 */
import type { LiveRole, StorePlace } from '../../batching/store-roles.ts'
import {
  missingRoles,
  type Neighbour,
  processOf,
  type RolesSeen,
  roleProblems,
  roleWord,
  standInSentence,
} from '../../observability/roles/role-problems.ts'
import { plural } from '../../observability/words.ts'
import type { Finding } from '../doctor.ts'
import type { ServiceAddress } from '../service-address.ts'
import { found } from './finding-codes.ts'

export interface ServiceSeen {
  readonly address: ServiceAddress | null
  readonly isAlive: boolean
  /** What it says of itself; null where it does not answer. */
  readonly ready: { readonly problems: readonly string[]; readonly spooled: number } | null
}

/** One that was left behind by a crash means nothing, so it is not told. */
export function checkService({ address, isAlive, ready }: ServiceSeen): Finding[] {
  if (address === null || !isAlive) return []
  if (ready !== null) return [...notReady(ready.problems), ...spooled(ready.spooled)]
  return [
    found(
      'service_silent',
      `process ${address.pid} is the service of this DATA_DIR, and ${address.url} does not answer`,
      'see its log, and restart it; after a crash another program may have its number: then start it',
    ),
  ]
}

function notReady([problem]: readonly string[]): Finding[] {
  if (problem === undefined) return []
  const what = `the service is not ready: ${problem}`
  return [found('service_not_ready', what, 'mend that; it goes on by itself, without a restart')]
}

function spooled(messages: number): Finding[] {
  if (messages === 0) return []
  return [
    found(
      'spool_waits',
      `${plural(messages, 'message')} ${messages === 1 ? 'waits' : 'wait'} in the spool of the service`,
      'bring the store back: they are brought in by themselves',
    ),
  ]
}

export interface RolesAsked {
  readonly live: readonly LiveRole[]
  readonly store: StorePlace
  readonly neighbours: readonly Neighbour[]
  /** Of the settings that this command has read. */
  readonly digest: string
  readonly place: string
}

export function checkRoles(asked: RolesAsked): Finding[] {
  const { live, store, neighbours } = asked
  const self = selfOf(live, store)
  if (self === null) return nothingRuns(asked)
  const problems = roleProblems({ live, self, neighbours })
  const standIn = missingRoles(live).includes('processor') ? standInSentence(live) : null
  return [
    ...problems.map(({ code, what, fix }) => found(code, what, fix)),
    ...(standIn === null
      ? []
      : [found('stands_in', standIn, 'start the processor; the API stands down by itself')]),
    ...apart(live, self.version, self.store.schema),
    ...commandApart(asked, self.digest),
  ]
}

/** The settings of the API count, else those of whoever is there. */
function selfOf(
  live: readonly LiveRole[],
  store: StorePlace,
): (RolesSeen['self'] & Pick<LiveRole, 'version'>) | null {
  const one = live.find(({ role }) => role === 'api') ?? live[0]
  return one === undefined ? null : { ...one, store: one.store ?? store }
}

function nothingRuns({ store, neighbours }: RolesAsked): Finding[] {
  const [elsewhere] = neighbours
  const more = elsewhere
    ? `; ${processOf(elsewhere)} (${elsewhere.roles.join(', ')}) works on ${elsewhere.store.place}`
    : ''
  return [
    found(
      'nothing_runs',
      `no process is at work on ${store.place}${more}`,
      elsewhere
        ? 'run this command with the environment of that process, or start the service here'
        : 'start it: `npx rapid-fire start`',
    ),
  ]
}

function apart(live: readonly LiveRole[], version: string, schema: string): Finding[] {
  return live.flatMap((beat) => {
    const who = `the ${roleWord(beat.role)} of ${processOf(beat)}`
    if (beat.store && beat.store.schema !== schema) {
      return [
        found(
          'schema_apart',
          `${who} works with ${beat.store.schema}, others with ${schema}: they write differently to one store`,
          'put the same version in place for all roles and restart them',
        ),
      ]
    }
    if (beat.version === version) return []
    return [
      found(
        'versions_apart',
        `${who} is of version ${beat.version}, others of ${version}`,
        'put the same version in place for all roles and restart them',
      ),
    ]
  })
}

function commandApart({ place, store, digest }: RolesAsked, theirs: string): Finding[] {
  if (place !== store.place) {
    return [
      found(
        'command_store_differs',
        `the service of this DATA_DIR uses ${store.place}, and the settings of this command name ${place}`,
        'run commands with the environment of the service: the same .env or variables',
      ),
    ]
  }
  if (digest === theirs) return []
  return [
    found(
      'command_settings_differ',
      'this command has read other settings than the roles that are at work',
      'run commands with the environment of the service: the same .env or variables',
    ),
  ]
}
