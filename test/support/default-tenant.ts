/** The default tenant as the settings make it when nothing is set. */
import { type FlatSettings, SPECS, type TenantSettings } from '../../src/config/settings.ts'
import { readTenants } from '../../src/config/tenants.ts'

export function defaultTenant(): TenantSettings {
  const flat = Object.fromEntries(SPECS.map(([name, spec]) => [name, spec.default])) as FlatSettings
  const [tenant] = readTenants(undefined, flat, []).settings.values()
  if (!tenant) throw new Error('there is always a default tenant')
  return tenant
}
