/** The engines as production has them, by the default settings but for `maxPending`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { openFile } from '../../src/batching/sqlite/open-file.ts'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import type { Limits } from '../../src/batching/store.ts'
import { loadSettings } from '../../src/config/load.ts'
import { Deadline } from '../../src/service.ts'
import { storeTimes } from '../../src/store-choice.ts'

const { settings } = await loadSettings({
  cwd: import.meta.dirname,
  env: { MAX_PENDING: '100000000' },
})

export const TIMES = storeTimes(settings)
export const CHECK_MS = settings.checkMs
/** `last-msg:<c>` and the open batch of the original live as long. */
export const TTL_MS = settings.ageS * 1000
export const LIMITS: Limits = {
  ageMs: settings.ageS * 1000,
  maxSize: settings.maxSize,
  dedupeMs: settings.dedupeS * 1000,
}

export interface Opened<Store> extends AsyncDisposable {
  readonly store: Store
}

export async function openRedis(url: string, times = TIMES): Promise<Opened<RedisStore>> {
  const store = new RedisStore({ target: { url }, times, mirrorMs: TTL_MS })
  await store.start()
  return { store, [Symbol.asyncDispose]: () => store.stop(new Deadline(2000)) }
}

/** In a folder of its own, gone at the end; `fill` may put something into the file before. */
export async function openSqlite(
  times = TIMES,
  fill?: (database: DatabaseSync) => void,
): Promise<Opened<SqliteStore>> {
  const dir = temporaryFolder()
  if (fill) {
    const database = openFile(dir, join(dir, 'rapid-fire.db'))
    fill(database)
    database.close()
  }
  const store = new SqliteStore({ dataDir: dir, times })
  await store.start()
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.stop(new Deadline(2000))
      rmSync(dir, { recursive: true })
    },
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rapid-fire-bench-'))
}
