/** What some work takes: time, CPU of this process, CPU of the Redis that it calls. */
import type { BenchRedis } from './redis.ts'

export type Cost = {
  readonly perSecond: number
  readonly clientUs: number
  /** 0 without Redis. */
  readonly serverUs: number
}

/** All per operation, of which `work` does `count`. */
export async function costOf(
  count: number,
  work: () => Promise<void>,
  redis?: BenchRedis,
): Promise<Cost> {
  const serverBefore = (await redis?.cpuUs()) ?? 0
  const clientBefore = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const tookMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(clientBefore)
  const serverAfter = (await redis?.cpuUs()) ?? 0
  return {
    perSecond: (count / tookMs) * 1000,
    clientUs: (user + system) / count,
    serverUs: (serverAfter - serverBefore) / count,
  }
}
