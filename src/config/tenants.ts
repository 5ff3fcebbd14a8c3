/**
 * The tenants of `rapid-fire.config.ts`. What one leaves out is as for everyone; the default tenant
 * is always there, with the secret of VENOM_SECRET_KEY.
 */
import { z } from 'zod'
import { MESSAGE_TYPES, type MessageType } from '../message.ts'
import { type AccountSettings, readChannels } from './accounts.ts'
import { CONFIG_FILE } from './config-file.ts'
import { suggestion } from './names.ts'
import {
  type FlatSettings,
  SETTINGS,
  TENANT_SETTING_NAMES,
  type TenantSettingName,
  type TenantSettings,
} from './settings.ts'
import { notAllowed, shown } from './settings-error.ts'
import type { SettingSpec } from './spec.ts'

/** What one tenant may say, in the same units as the settings of the same names. */
const TENANT_SPECS: Readonly<Record<string, SettingSpec<unknown>>> = {
  secretKey: SETTINGS.secretKey,
  ...Object.fromEntries(TENANT_SETTING_NAMES.map((name) => [name, SETTINGS[name]])),
}
const TENANT_KEYS = [...Object.keys(TENANT_SPECS), 'idleMsByType', 'channels']

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export interface Tenants {
  readonly settings: Map<string, TenantSettings>
  /** Those that the file names. */
  readonly named: readonly string[]
  /** Their accounts at providers. */
  readonly accounts: readonly AccountSettings[]
}

/** Mistakes are added to `mistakes`; what is wrong is left out of the result. */
export function readTenants(given: unknown, flat: FlatSettings, mistakes: string[]): Tenants {
  const settings = new Map<string, TenantSettings>()
  const named: string[] = []
  const accounts: AccountSettings[] = []
  settings.set(flat.defaultTenant, tenant(flat.defaultTenant, {}, flat))
  if (given === undefined) return { settings, named, accounts }
  if (!isRecord(given)) {
    mistakes.push(
      `tenants in ${CONFIG_FILE}: an object, for example { "962302": { idleMs: 8000 } }`,
    )
    return { settings, named, accounts }
  }
  for (const [id, value] of Object.entries(given)) {
    const path = `tenants.${shown(id)}`
    if (!SETTINGS.defaultTenant.schema.safeParse(id).success) {
      mistakes.push(notAllowed('tenants', id, ` in ${CONFIG_FILE}`, SETTINGS.defaultTenant))
    } else if (!isRecord(value)) {
      mistakes.push(`${path} in ${CONFIG_FILE}: an object with ${TENANT_KEYS.join(', ')}`)
    } else if (id === flat.defaultTenant && value.secretKey !== undefined) {
      mistakes.push(
        `${path}.secretKey in ${CONFIG_FILE}: the default tenant has one secret, VENOM_SECRET_KEY; ` +
          'set that, or secretKey of the file itself',
      )
    } else {
      named.push(id)
      const { channels, ...rest } = value
      if (channels !== undefined) accounts.push(...readChannels(id, channels, mistakes))
      settings.set(id, tenant(id, readOne(path, rest, mistakes), flat))
    }
  }
  return { settings, named, accounts }
}

type Given = Partial<Pick<FlatSettings, TenantSettingName>> & {
  secretKey?: string | null
  idleMsByType?: Partial<Record<MessageType, number>>
}

function readOne(
  path: string,
  value: Readonly<Record<string, unknown>>,
  mistakes: string[],
): Given {
  const given: Record<string, unknown> = {}
  for (const [key, raw] of Object.entries(value)) {
    if (raw === undefined) continue
    if (key === 'idleMsByType') {
      given.idleMsByType = readByType(`${path}.${key}`, raw, mistakes)
      continue
    }
    const spec = Object.hasOwn(TENANT_SPECS, key) ? TENANT_SPECS[key] : undefined
    if (spec === undefined) {
      mistakes.push(noSuch(path, key, TENANT_KEYS))
      continue
    }
    const judged = spec.schema.safeParse(raw)
    if (judged.success) given[key] = judged.data
    else mistakes.push(notAllowed(`${path}.${key}`, raw, ` in ${CONFIG_FILE}`, spec))
  }
  return given
}

function readByType(
  path: string,
  raw: unknown,
  mistakes: string[],
): Partial<Record<MessageType, number>> {
  if (!isRecord(raw)) {
    mistakes.push(`${path} in ${CONFIG_FILE}: an object, for example { voice: 20000 }`)
    return {}
  }
  const found: Partial<Record<MessageType, number>> = {}
  for (const [type, value] of Object.entries(raw)) {
    const known = z.enum(MESSAGE_TYPES).safeParse(type)
    if (!known.success) {
      mistakes.push(noSuch(path, type, MESSAGE_TYPES))
      continue
    }
    const judged = SETTINGS.idleMs.schema.safeParse(value)
    if (judged.success) found[known.data] = judged.data
    else mistakes.push(notAllowed(`${path}.${type}`, value, ` in ${CONFIG_FILE}`, SETTINGS.idleMs))
  }
  return found
}

function noSuch(path: string, key: string, known: readonly string[]): string {
  const meant = suggestion(key, known)
  const hint = meant === null ? `Known are ${known.join(', ')}.` : `Did you mean ${meant}?`
  return `${path}.${shown(key)} in ${CONFIG_FILE}: no such setting. ${hint}`
}

function tenant(id: string, given: Given, flat: FlatSettings): TenantSettings {
  const forEveryone: Partial<Record<MessageType, number>> = {}
  for (const type of MESSAGE_TYPES) {
    const idleMs = flat[`idleMs_${type}`]
    if (idleMs !== null) forEveryone[type] = idleMs
  }
  const own = Object.fromEntries(
    TENANT_SETTING_NAMES.map((name) => [name, name in given ? given[name] : flat[name]]),
  ) as Pick<FlatSettings, TenantSettingName>
  return Object.freeze({
    ...own,
    id,
    secretKey: id === flat.defaultTenant ? flat.secretKey : (given.secretKey ?? null),
    idleMsByType: Object.freeze({ ...forEveryone, ...given.idleMsByType }),
    ageMs: own.ageS * 1000,
  })
}
