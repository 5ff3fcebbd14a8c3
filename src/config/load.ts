/**
 * Loads the settings: environment before `.env` before `rapid-fire.config.ts` before the default.
 *
 * Every source is read to the end and every mistake is reported at once, also in a value that a
 * higher source overrides: it would bite on the day that the higher one goes. The result is frozen;
 * nobody else reads the environment.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { messageOf } from '../errors.ts'
import { type AccountSettings, defaultAccounts } from './accounts.ts'
import {
  losingCombinations,
  missingSettings,
  repliesThatDoNotFit,
  sharedSecrets,
} from './combinations.ts'
import { CONFIG_FILE, readConfigFile } from './config-file.ts'
import { misspelt, suggestion } from './names.ts'
import { type FlatSettings, type Settings, SPECS } from './settings.ts'
import { notAllowed, SettingsError, shown } from './settings-error.ts'
import type { SettingSpec } from './spec.ts'
import { readTenants, type Tenants } from './tenants.ts'

export type Source = 'default' | typeof CONFIG_FILE | '.env' | 'environment'
/** Where each value came from, by property name; a tenant's as `tenants.<id>`. */
export type Sources = ReadonlyMap<string, Source>

export interface Loaded {
  readonly settings: Settings
  readonly sources: Sources
}

export interface LoadFrom {
  /** Folder of `.env` and `rapid-fire.config.ts`. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Other names of variables, by ours; ours goes before. */
  readonly also?: Readonly<Record<string, string>>
  /** How long the config file may run, ms. */
  readonly configLimitMs?: number
}

type Variables = Readonly<Record<string, string | undefined>>

const VARIABLES = SPECS.map(([, spec]) => spec.env)

/** Rejects with SettingsError, which names every mistake that was found. */
export async function loadSettings(from: LoadFrom): Promise<Loaded> {
  const mistakes: string[] = []
  const dotenv = await collecting(mistakes, {}, () => readDotenv(from.cwd))
  const file = await collecting(mistakes, {}, async () => {
    const limit = from.configLimitMs === undefined ? {} : { limitMs: from.configLimitMs }
    return (
      (await readConfigFile({ cwd: from.cwd, env: { ...dotenv, ...from.env }, ...limit })) ?? {}
    )
  })

  const values = new Map<string, unknown>(SPECS.map(([name, spec]) => [name, spec.default]))
  const sources = new Map<string, Source>(SPECS.map(([name]) => [name, 'default']))
  const accept = (name: string, value: unknown, source: Source): void => {
    values.set(name, value)
    sources.set(name, source)
  }
  takeFile(file, accept, mistakes)
  const { also = {} } = from
  takeVariables(dotenv, '.env', also, accept, mistakes)
  takeVariables(from.env, 'environment', also, accept, mistakes)

  const flat = Object.fromEntries(values) as FlatSettings
  const tenants = readTenants(file.tenants, flat, mistakes)
  for (const id of tenants.named) sources.set(`tenants.${id}`, CONFIG_FILE)
  if (mistakes.length === 0)
    mistakes.push(
      ...losingCombinations(flat, tenants.settings),
      ...sharedSecrets(flat, tenants.settings),
      ...missingSettings(flat),
      ...repliesThatDoNotFit(flat, tenants.settings),
    )
  if (mistakes.length > 0) throw new SettingsError(mistakes)
  const accounts = Object.freeze(accountsInForce(flat, tenants))
  return {
    settings: Object.freeze({ ...flat, tenants: frozen(tenants.settings), accounts }),
    sources,
  }
}

/** What the config file says of the default tenant's account goes before the variables. */
function accountsInForce(flat: FlatSettings, { accounts }: Tenants): AccountSettings[] {
  const own = defaultAccounts(flat.defaultTenant, flat)
  const isNamed = ({ tenant, channel }: AccountSettings): boolean =>
    accounts.some((one) => one.tenant === tenant && one.channel === channel)
  return [...own.filter((account) => !isNamed(account)), ...accounts]
}

async function collecting<T>(mistakes: string[], otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    mistakes.push(...error.lines)
    return otherwise
  }
}

async function readDotenv(cwd: string): Promise<Variables> {
  try {
    const text = await readFile(join(cwd, '.env'), 'utf8')
    return parseEnv(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new SettingsError([`.env cannot be read: ${messageOf(error)}`], { cause: error })
  }
}

type Accept = (name: string, value: unknown, source: Source) => void

function takeVariables(
  variables: Variables,
  source: '.env' | 'environment',
  also: Variables,
  accept: Accept,
  mistakes: string[],
): void {
  const where = source === '.env' ? ' in .env' : ''
  for (const [property, spec] of SPECS) {
    const other = also[spec.env]
    const name = other && variables[other] && !variables[spec.env] ? other : spec.env
    const text = variables[name]
    // Empty stands for "not set", as compose files and CI write it.
    if (text === undefined) continue
    if (text === '') {
      if (spec.neverEmpty) {
        mistakes.push(`${name}${where} is set and empty: give it a value, or leave it out`)
      }
      continue
    }
    const judged = spec.schema.safeParse(spec.read(text))
    if (judged.success) accept(property, judged.data, source)
    else mistakes.push(notAllowed(name, text, where, spec))
  }
  for (const [name, text] of Object.entries(variables)) {
    if (text === undefined || text === '') continue
    const meant = misspelt(name, VARIABLES)
    if (meant !== null) {
      mistakes.push(`${shown(name)}${where}: no such setting. Did you mean ${meant}?`)
    }
  }
}

function takeFile(
  file: Readonly<Record<string, unknown>>,
  accept: Accept,
  mistakes: string[],
): void {
  const specs = new Map<string, SettingSpec<unknown>>(SPECS)
  for (const [name, value] of Object.entries(file)) {
    if (name === 'tenants' || value === undefined) continue
    const spec = specs.get(name)
    if (spec === undefined) {
      mistakes.push(unknownKey(name, [...specs.keys(), 'tenants']))
      continue
    }
    const judged = spec.schema.safeParse(value)
    if (judged.success) accept(name, judged.data, CONFIG_FILE)
    else mistakes.push(notAllowed(name, value, ` in ${CONFIG_FILE}`, spec))
  }
}

/** A key of the config file that is no setting; variables' names are understood as well. */
function unknownKey(name: string, ours: readonly string[]): string {
  const asEnv = suggestion(name, VARIABLES)
  const byEnv = SPECS.find(([, spec]) => spec.env === asEnv)?.[0]
  const meant = suggestion(name, ours) ?? byEnv
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  return `${shown(name)} in ${CONFIG_FILE}: no such setting.${hint}`
}

/** Freezing alone leaves a Map writable. */
function frozen<K, V>(map: Map<K, V>): ReadonlyMap<K, V> {
  const refuse = (): never => {
    throw new TypeError('settings do not change after they are loaded')
  }
  return Object.freeze(Object.assign(map, { set: refuse, delete: refuse, clear: refuse }))
}
