/** The two ways of the brief's job, ours and the original's, each with its processor in a process. */
import type { Append } from '../../src/batching/store.ts'
import { FourWrites } from './four-writes.ts'
import { fillOriginal, fillRedis } from './pending.ts'
import type { BenchRedis } from './redis.ts'
import { ServiceProcess } from './service.ts'
import { openRedis } from './stores.ts'

export interface Way extends AsyncDisposable {
  readonly processor: ServiceProcess
  append(append: Append): Promise<unknown>
}

export interface Waiting {
  /** Open batches that are there before and stay. */
  readonly pending: number
  readonly idleMs: number
}

export const WAYS = {
  async ours(redis: BenchRedis, { pending, idleMs }: Waiting): Promise<Way> {
    await redis.clear()
    await fillRedis(redis, 0, pending)
    const { url } = redis
    const env = { BATCH_TIMEOUT: String(idleMs), DEFAULT_TTL: '3600', MAX_PENDING: '1000000' }
    const opened = await openRedis(url)
    const processor = await ServiceProcess.start({ url, roles: ['processor'], env })
    // At its start it goes once through all lists, for those of the original.
    await redis.quiet()
    return {
      processor,
      append: (append) => opened.store.append(append),
      async [Symbol.asyncDispose]() {
        await processor[Symbol.asyncDispose]()
        await opened[Symbol.asyncDispose]()
      },
    }
  },

  async original(redis: BenchRedis, { pending, idleMs }: Waiting): Promise<Way> {
    await redis.clear()
    await fillOriginal(redis, pending)
    const api = new FourWrites(redis.url)
    const processor = await ServiceProcess.startOriginal(redis.url, idleMs)
    return {
      processor,
      append: (append) => api.append(append),
      async [Symbol.asyncDispose]() {
        await processor[Symbol.asyncDispose]()
        api[Symbol.dispose]()
      },
    }
  },
}

export type WayName = keyof typeof WAYS
