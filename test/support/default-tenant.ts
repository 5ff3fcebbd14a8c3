/** The settings, and the default tenant, as they are when nothing is set. */
import { defaultAccounts } from '../../src/config/accounts.ts'
import {
  type FlatSettings,
  type Settings,
  SPECS,
  type TenantSettings,
} from '../../src/config/settings.ts'
import { readTenants } from '../../src/config/tenants.ts'

export function defaultSettings(): Settings {
  const flat = Object.fromEntries(SPECS.map(([name, spec]) => [name, spec.default])) as FlatSettings
  const tenants = readTenants(undefined, flat, []).settings
  return { ...flat, tenants, accounts: defaultAccounts(flat.defaultTenant, flat) }
}

export function defaultTenant(): TenantSettings {
  const [tenant] = defaultSettings().tenants.values()
  if (!tenant) throw new Error('there is always a default tenant')
  return tenant
}
