/** The two stores on a disk of the test's, strong as the product promises or weak to be seen losing. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Redis } from 'ioredis'
import { RedisServer } from '../support/redis-server.ts'
import type { Place } from './store.ts'

export const ENGINES = ['sqlite', 'redis'] as const
export type EngineName = (typeof ENGINES)[number]

export type Lot = 'open' | 'answered' | 'failed'

/** Read past the product, in the engine's own words. */
export interface Contents {
  readonly messages: readonly { readonly lot: Lot; readonly payload: string }[]
  /** What the engine says about its own files: `ok`, or what is wrong. */
  readonly integrity: string
}

export interface Engine {
  readonly place: Place
  /** Processes of its own that use the disk. */
  readonly pids: readonly number[]
  /** Starts on what the disk holds. */
  up(): Promise<void>
  /** Resolves when none of its processes is alive. */
  down(): Promise<void>
  /** Asked while no store is open. */
  contents(): Promise<Contents>
  end(): Promise<void>
}

/** What makes the weak one weak, for people. */
export const WEAKNESS: Readonly<Record<EngineName, string>> = {
  sqlite: 'synchronous=NORMAL',
  redis: 'appendfsync=everysec',
}

export async function engineOn(dir: string, name: EngineName, isWeak: boolean): Promise<Engine> {
  return name === 'sqlite' ? sqliteOn(dir) : await redisOn(dir, isWeak ? 'everysec' : 'always')
}

function sqliteOn(dir: string): Engine {
  const dataDir = join(dir, 'data')
  return {
    place: { dataDir },
    pids: [],
    async up() {},
    async down() {},
    async end() {},
    async contents() {
      const database = new DatabaseSync(join(dataDir, 'rapid-fire.db'), { readOnly: true })
      try {
        const integrity = String(database.prepare('PRAGMA integrity_check').get()?.integrity_check)
        const rows = database
          .prepare('SELECT b.state, m.body FROM message m JOIN batch b ON b.n = m.batch')
          .all()
        const messages = rows.map(({ state, body }) => ({
          lot: lotOf(String(state)),
          payload: String(body),
        }))
        return { integrity, messages }
      } finally {
        database.close()
      }
    },
  }
}

async function redisOn(dir: string, fsync: string): Promise<Engine> {
  const server = await RedisServer.start([
    ...['--dir', dir, '--appendonly', 'yes', '--appendfsync', fsync],
  ])
  const tidy = (): void => rmSync(server.dir, { recursive: true, force: true })
  process.once('exit', tidy)
  return {
    place: { url: `${server.url}/0` },
    get pids() {
      return [server.pid]
    },
    up: () => server.up(),
    down: () => server.down(),
    async end() {
      process.off('exit', tidy)
      await server.stop()
    },
    async contents() {
      const redis = server.client()
      try {
        const persistence = await redis.info('persistence')
        const isLoaded = /aof_enabled:1/.test(persistence) && /loading:0/.test(persistence)
        return {
          integrity: isLoaded ? 'ok' : 'the AOF is not loaded',
          messages: await redisMessages(redis),
        }
      } finally {
        redis.disconnect()
      }
    },
  }
}

async function redisMessages(redis: Redis): Promise<Contents['messages']> {
  const open = await redis.keys('rapid-fire:*')
  const batches = (await redis.keys('rf:m:*')).map((key) => key.slice('rf:m:'.length))
  const states = await pipelined(
    redis,
    batches.map((id) => ['hget', `rf:b:${id}`, 'state']),
  )
  const lists = await pipelined(redis, [
    ...open.map((key) => ['lrange', key, '0', '-1']),
    ...batches.map((id) => ['lrange', `rf:m:${id}`, '0', '-1']),
  ])
  return lists.flatMap((list, i) => {
    const lot = i < open.length ? 'open' : lotOf(String(states[i - open.length]))
    return (list as string[]).map((payload) => ({ lot, payload }))
  })
}

const AT_ONCE = 1000

async function pipelined(redis: Redis, commands: string[][]): Promise<unknown[]> {
  const replies: unknown[] = []
  for (let from = 0; from < commands.length; from += AT_ONCE) {
    const some = await redis.pipeline(commands.slice(from, from + AT_ONCE)).exec()
    for (const [error, reply] of some ?? []) {
      if (error) throw error
      replies.push(reply)
    }
  }
  return replies
}

/** Turns are counted as open. */
function lotOf(state: string): Lot {
  return state === 'answered' || state === 'failed' ? state : 'open'
}
