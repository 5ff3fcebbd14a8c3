/** The engines of the BatchStore port. Each passes the same suite: add a line, and nothing else. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import { Deadline } from '../../src/service.ts'
import { OracleStore } from '../support/oracle.ts'
import { makePartitions, makeRedis } from './make-redis.ts'
import type { MakeStore } from './store/scene.ts'

const makeOracle: MakeStore = async ({ times, clock }) => ({
  store: new OracleStore({ times, clock: clock.now }),
  stop: async () => {},
})

const makeSqlite: MakeStore = async ({ times, clock }) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'rapid-fire-store-'))
  const store = new SqliteStore({ dataDir, times, clock: clock.now })
  await store.start()
  return {
    store,
    stop: async () => {
      await store.stop(new Deadline(1000))
      rmSync(dataDir, { recursive: true })
    },
  }
}

export const STORE_ENGINES: readonly { readonly name: string; readonly make: MakeStore }[] = [
  { name: 'store: oracle', make: makeOracle },
  { name: 'store: sqlite', make: makeSqlite },
  { name: 'store: redis', make: makeRedis },
  { name: 'store: redis, in partitions', make: makePartitions },
]
