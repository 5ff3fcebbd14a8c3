/**
 * Combinations of settings that are each allowed and lose together. One secret for two tenants would
 * let each speak for the other, and a key that leaves with every reply opens nothing. The age limit ends a batch
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

/** One line for each pair that shares a secret, naming both and showing neither. */
export function sharedSecrets(
  flat: FlatSettings,
  tenants: ReadonlyMap<string, TenantSettings>,
): string[] {
  const owners = new Map<string, string>()
  const lines: string[] = []
  const claim = (secret: string | null, name: string): void => {
    if (secret === null) return
    const owner = owners.get(secret)
    if (owner === undefined) owners.set(secret, name)
    else lines.push(`${name} is the same as ${owner}: give each a secret of its own`)
  }
  claim(flat.secretKey, SETTINGS.secretKey.env)
  for (const { id, secretKey } of tenants.values()) {
    if (id !== flat.defaultTenant) claim(secretKey, `tenants.${id}.secretKey (${CONFIG_FILE})`)
  }
  claim(flat.webhookApiKey, SETTINGS.webhookApiKey.env)
  claim(flat.adminToken, SETTINGS.adminToken.env)
  claim(flat.venomApiKey, SETTINGS.venomApiKey.env)
  return lines
}
