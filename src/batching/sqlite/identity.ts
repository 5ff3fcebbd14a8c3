/** Whose file this is: a random id, and the tenant that its keys without one mean. */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { otherTenant } from '../other-tenant.ts'
import type { StoreIdentity } from '../store-roles.ts'
import { IS_TURN, MIGRATIONS } from './schema.ts'

/** Made at the first start. */
export function storeId(database: DatabaseSync): string {
  return kept(database, 'id', randomUUID())
}

/** Throws `store_other_tenant` when something is kept for another default tenant. */
export function claimTenant(database: DatabaseSync, file: string, defaultTenant: string): void {
  const theirs = kept(database, 'defaultTenant', defaultTenant)
  if (theirs === defaultTenant) return
  const unfinished = database
    .prepare(`SELECT 1 FROM batch WHERE state IN ('open', 'failed') OR ${IS_TURN} LIMIT 1`)
    .get()
  if (unfinished) throw otherTenant(file, theirs, defaultTenant)
  database.prepare(`UPDATE meta SET value = ? WHERE name = 'defaultTenant'`).run(defaultTenant)
}

function kept(database: DatabaseSync, name: string, otherwise: string): string {
  database
    .prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING')
    .run(name, otherwise)
  return String(database.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value)
}

export function identityOf(file: string, id: string): StoreIdentity {
  const schema = `tables ${MIGRATIONS.length}`
  const place = { engine: 'sqlite', place: file, id, server: null, database: null } as const
  return { ...place, prefix: '', schema, survives: ['process', 'host'], findings: [] }
}
