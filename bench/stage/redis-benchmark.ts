/**
 * `redis-benchmark`, which comes with redis-server's tools: the fastest client there is, in C, on
 * several connections. In each command `__rand_int__` becomes twelve digits by chance, each time
 * others, and others in each place.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { BenchRedis, Words } from './redis.ts'

export const BY_CHANCE = '__rand_int__'

export interface Requests {
  readonly count: number
  /** `BY_CHANCE` is below. */
  readonly below: number
  readonly connections: number
  /** Commands that a connection sends before it waits for their answers. */
  readonly atOnce: number
}

/** Commands a second, as the tool counts them: without its own start. */
export async function redisBenchmark(
  redis: BenchRedis,
  command: Words,
  { count, below, connections, atOnce }: Requests,
): Promise<number> {
  const child = spawn(
    'redis-benchmark',
    [
      ...['--csv', '-p', redis.server.port, '-n', count, '-r', below],
      ...['-c', connections, '-P', atOnce, ...command],
    ].map(String),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const missing = once(child, 'error').then(([error]) => {
    throw new Error('there is no redis-benchmark: apt-get install redis-tools', { cause: error })
  })
  const output = await Promise.race([text(child.stdout), missing])
  // The first column is the command itself, with whatever quotes are in it.
  const perSecond = /"([\d.]+)"(?:,"[\d.]+"){6}\s*$/.exec(output)?.[1]
  if (!perSecond) throw new Error(`redis-benchmark: ${output}`)
  return Number(perSecond)
}
