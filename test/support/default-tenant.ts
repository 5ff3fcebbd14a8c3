/** The settings, and the default tenant, as they are when nothing is set. */
import {
  type FlatSettings,
  type Settings,
  SPECS,
  type TenantSettings,
} from '../../src/config/settings.ts'
import { readTenants } from '../../src/config/tenants.ts'

export function defaultSettings(): Settings {
  const flat = Object.fromEntries(SPECS.map(([name, spec]) => [name, spec.default])) as FlatSettings
  return { ...flat, tenants: readTenants(undefined, flat, []).settings }
}

export function defaultTenant(): TenantSettings {
  const [tenant] = defaultSettings().tenants.values()
  if (!tenant) throw new Error('there is always a default tenant')
  return tenant
}
