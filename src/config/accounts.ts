/**
 * The accounts at providers: those of the default tenant from the settings' table, those of other
 * tenants from `channels` in the config file. What a provider needs stands in its own folder.
 */
import type { Provider } from '../channels/channel.ts'
import { PROVIDERS } from '../channels/registry.ts'
import { CONFIG_FILE } from './config-file.ts'
import { suggestion } from './names.ts'
import { notAllowed, shown } from './settings-error.ts'
import type { SettingSpec } from './spec.ts'

export interface AccountSettings {
  readonly tenant: string
  /** Id of the provider. */
  readonly channel: string
  /** By the property names of the provider's table; what is not set is its default. */
  readonly values: Readonly<Record<string, unknown>>
  /** Whether anything of it was set. */
  readonly isSet: boolean
}

/** `META_APP_SECRET` → `metaAppSecret`: by the variable, since an id may begin with a digit. */
const propertyOf = (spec: SettingSpec<unknown>): string =>
  spec.env.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** All providers' settings, by their names in the config file. */
export const ACCOUNT_SETTINGS: Readonly<Record<string, SettingSpec<unknown>>> = Object.fromEntries(
  PROVIDERS.flatMap(({ settings }) =>
    Object.values(settings).map((spec) => [propertyOf(spec), spec] as const),
  ),
)

/** Accounts of the default tenant, one a provider. */
export function defaultAccounts(
  tenant: string,
  flat: Readonly<Record<string, unknown>>,
): AccountSettings[] {
  return PROVIDERS.map((provider) => {
    const values = valuesOf(provider, (spec) => flat[propertyOf(spec)])
    return { tenant, channel: provider.id, values, isSet: isSet(provider, values) }
  })
}

/** `channels` of one tenant of the config file; mistakes are added to `mistakes`. */
export function readChannels(
  tenant: string,
  given: unknown,
  mistakes: string[],
): AccountSettings[] {
  const path = `tenants.${tenant}.channels`
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    mistakes.push(`${path} in ${CONFIG_FILE}: an object, for example { meta: { token: '…' } }`)
    return []
  }
  return Object.entries(given).flatMap(([id, raw]) => {
    const provider = PROVIDERS.find((one) => one.id === id)
    if (provider === undefined) {
      mistakes.push(
        noSuch(
          path,
          id,
          PROVIDERS.map((one) => one.id),
        ),
      )
      return []
    }
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
      mistakes.push(`${path}.${id} in ${CONFIG_FILE}: an object with settings of ${provider.title}`)
      return []
    }
    const values = readOne(provider, raw as Record<string, unknown>, `${path}.${id}`, mistakes)
    return [{ tenant, channel: id, values, isSet: true }]
  })
}

function readOne(
  provider: Provider,
  raw: Readonly<Record<string, unknown>>,
  path: string,
  mistakes: string[],
): Readonly<Record<string, unknown>> {
  const known = Object.keys(provider.settings)
  for (const name of Object.keys(raw)) {
    if (!known.includes(name)) mistakes.push(noSuch(path, name, known))
  }
  const values: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(provider.settings)) {
    values[name] = spec.default
    if (raw[name] === undefined) continue
    const judged = spec.schema.safeParse(raw[name])
    if (judged.success) values[name] = judged.data
    else mistakes.push(notAllowed(`${path}.${name}`, raw[name], ` in ${CONFIG_FILE}`, spec))
  }
  return Object.freeze(values)
}

function valuesOf(
  { settings }: Provider,
  read: (spec: SettingSpec<unknown>) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.freeze(
    Object.fromEntries(
      Object.entries(settings).map(([name, spec]) => [name, read(spec) ?? spec.default]),
    ),
  )
}

function isSet({ settings }: Provider, values: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(settings).some(([name, spec]) => values[name] !== spec.default)
}

function noSuch(path: string, key: string, known: readonly string[]): string {
  const meant = suggestion(key, known)
  const hint = meant === null ? `Known are ${known.join(', ')}.` : `Did you mean ${meant}?`
  return `${path}.${shown(key)} in ${CONFIG_FILE}: no such setting. ${hint}`
}
