/** What is wrong with the roles that are alive on a store: who is missing, who has other settings. Pure. */
import type { LiveRole, RoleBeat } from '../batching/store.ts'

export const ROLE_NAMES = ['api', 'processor', 'worker'] as const

export function missingRoles(live: readonly LiveRole[]): RoleBeat['role'][] {
  return ROLE_NAMES.filter((role) => !live.some((beat) => beat.role === role))
}

/**
 * One sentence each, with the way out.
 *
 * @param digest of the settings of this process that all roles must share
 */
export function roleProblems(live: readonly LiveRole[], digest: string): string[] {
  const splits = live
    .filter((beat) => beat.digest !== digest)
    .map(
      ({ role, host, pid }) =>
        `the ${role} of process ${pid} on ${host} has other settings than this API: give all roles the same environment and restart them`,
    )
  return [...missingRoles(live).map(sentenceForMissing), ...splits]
}

function sentenceForMissing(role: string): string {
  return `no ${role} is at work on this store: start one with \`rapid-fire start --role ${role}\`, or check that its REDIS_URL names the same server and database`
}
