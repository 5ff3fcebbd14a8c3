/**
 * Combinations of settings that are each allowed and lose together. The age limit ends a batch
 * whatever the idle wait says, so a longer wait would never be waited: refused, not shortened.
 */
import { MESSAGE_TYPES } from '../message.ts'
import { CONFIG_FILE } from './config-file.ts'
import { type FlatSettings, SETTINGS, type TenantSettings } from './settings.ts'

/** One line for each combination, naming both settings. */
export function losingCombinations(
  flat: FlatSettings,
  tenants: ReadonlyMap<string, TenantSettings>,
): string[] {
  const lines: string[] = []
  const compare = (idleName: string, idleMs: number, ageName: string, ageMs: number): boolean => {
    if (idleMs <= ageMs) return false
    lines.push(
      `${idleName} ${idleMs} ms is longer than ${ageName} ${ageMs / 1000} s, so it could never be ` +
        `waited: lower ${idleName} or raise ${ageName}`,
    )
    return true
  }
  const ageMs = flat.ageS * 1000
  compare(SETTINGS.idleMs.env, flat.idleMs, SETTINGS.ageS.env, ageMs)
  for (const type of MESSAGE_TYPES) {
    const idleMs = flat[`idleMs_${type}`]
    if (idleMs !== null) compare(SETTINGS[`idleMs_${type}`].env, idleMs, SETTINGS.ageS.env, ageMs)
  }
  for (const tenant of tenants.values()) {
    const own = ownNames(tenant, flat)
    // What a tenant has from everyone was compared above.
    if (own.ageName !== SETTINGS.ageS.env || tenant.idleMs !== flat.idleMs) {
      compare(own.idleName, tenant.idleMs, own.ageName, tenant.ageMs)
    }
    for (const type of MESSAGE_TYPES) {
      const idleMs = tenant.idleMsByType[type]
      if (idleMs === undefined) continue
      const shared = idleMs === flat[`idleMs_${type}`]
      if (shared && own.ageName === SETTINGS.ageS.env) continue
      const name = shared
        ? SETTINGS[`idleMs_${type}`].env
        : `tenants.${tenant.id}.idleMsByType.${type} (${CONFIG_FILE})`
      compare(name, idleMs, own.ageName, tenant.ageMs)
    }
  }
  return lines
}

function ownNames(
  tenant: TenantSettings,
  flat: FlatSettings,
): { idleName: string; ageName: string } {
  const path = `tenants.${tenant.id}`
  return {
    idleName:
      tenant.idleMs === flat.idleMs ? SETTINGS.idleMs.env : `${path}.idleMs (${CONFIG_FILE})`,
    ageName:
      tenant.ageMs === flat.ageS * 1000 ? SETTINGS.ageS.env : `${path}.ageS (${CONFIG_FILE})`,
  }
}
