/** The far ends of all providers, as the folder has them. */
import { readdirSync } from 'node:fs'
import type { ProviderStub } from './stub.ts'

const folder = new URL('./stubs/', import.meta.url)
const found: ProviderStub[] = []
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .sort()) {
  const exported = (await import(new URL(file, folder).href)) as Record<string, unknown>
  for (const one of Object.values(exported)) if (isStub(one)) found.push(one)
}

export const STUBS: readonly ProviderStub[] = found

function isStub(value: unknown): value is ProviderStub {
  return typeof value === 'object' && value !== null && 'inbound' in value && 'read' in value
}
