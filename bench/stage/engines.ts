/** Both engines for one bench each: a store that is empty at each turn of an arm. */
import type { Bench, Outcome, Scale } from '../runner/bench.ts'
import { BenchRedis } from './redis.ts'

export type EmptyStore = () => Promise<string | null>

/** `name-sqlite` and `name-redis`; `run` gets the url of Redis, null for SQLite. */
export function onBothEngines(
  name: string,
  asks: string,
  run: (engine: string, emptyStore: EmptyStore, scale: Scale) => Promise<Outcome>,
): readonly [Bench, Bench] {
  const sqlite: Bench = {
    name: `${name}-sqlite`,
    asks: `SQLite: ${asks}`,
    run: (scale) => run('SQLite', async () => null, scale),
  }
  const redis: Bench = {
    name: `${name}-redis`,
    asks: `Redis: ${asks}`,
    async run(scale) {
      await using server = await BenchRedis.start()
      const emptyStore = async () => {
        await server.clear()
        return server.url
      }
      return await run('Redis', emptyStore, scale)
    },
  }
  return [sqlite, redis]
}
