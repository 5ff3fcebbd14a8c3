/**
 * The service as it is when one process has all roles, in the process of the bench, with more
 * tenants than one. Replies are printed to nobody.
 */
import { rmSync } from 'node:fs'
import { loadSettings } from '../../src/config/load.ts'
import type { TenantSettings } from '../../src/config/settings.ts'
import { type Gateway, ROLES, startGateway } from '../../src/gateway.ts'
import type { Responder } from '../../src/responders/responder.ts'
import { temporaryFolder } from './stores.ts'

export interface WholeServiceOptions {
  /** Null: SQLite, in a folder of its own. */
  readonly url: string | null
  readonly tenants: readonly string[]
  readonly concurrency: number
  readonly responder: Responder
  /** Settings that differ from the defaults. */
  readonly env?: Readonly<Record<string, string>>
}

export interface WholeService extends AsyncDisposable {
  readonly gateway: Gateway
}

/** Every setting that is not named here has its default. */
export async function startWholeService(options: WholeServiceOptions): Promise<WholeService> {
  const { url, responder, concurrency } = options
  const dir = temporaryFolder()
  const own = { PORT: '0', DATA_DIR: dir, WORKER_CONCURRENCY: String(concurrency) }
  const env = { ...own, ...(url === null ? {} : { REDIS_URL: url }), ...options.env }
  const { settings } = await loadSettings({ cwd: dir, env })
  const tenants = new Map(settings.tenants)
  const [first] = tenants.values()
  for (const id of options.tenants) tenants.set(id, { ...(first as TenantSettings), id })
  const gateway = await startGateway({
    settings: { ...settings, tenants },
    roles: ROLES,
    responder,
  })
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
