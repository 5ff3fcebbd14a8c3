/**
 * A call that went down with its connection is made once more, with the same arguments, when the
 * connection is back at once. Redis may have run it the first time, so it must be safe to repeat.
 * While Redis is known to be away nothing waits here: callers are told at once and decide.
 */
import { isCluster, type RedisClient } from '../../redis-client.ts'
import { hasEnded } from './errors.ts'

/** A cut is mended in this time or it is no cut: with the call's own deadline it stays below 2 s. */
const MENDED_MS = 300

export class OnceMore {
  readonly #redis: RedisClient
  #lostAtMs: number | null = null
  #mending: Promise<boolean> | null = null

  constructor(redis: RedisClient) {
    this.#redis = redis
    redis.on('close', () => {
      this.#lostAtMs ??= performance.now()
    })
    redis.on('ready', () => {
      this.#lostAtMs = null
    })
  }

  async run<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await call()
    } catch (error) {
      if (!hasEnded(error) || !(await this.mended())) throw error
      return await call()
    }
  }

  /** Whether there is a connection now, or was one again within `MENDED_MS` of the cut. */
  mended(): Promise<boolean> {
    // The client of a Cluster has tried again by itself, wherever the key may be by now.
    if (isCluster(this.#redis)) return Promise.resolve(false)
    const { status, stream } = this.#redis
    if (status === 'end' || status === 'wait') return Promise.resolve(false)
    // A connection that has just broken is told to be ready until its close.
    if (status === 'ready' && !stream.destroyed) return Promise.resolve(true)
    this.#lostAtMs ??= performance.now()
    const leftMs = this.#lostAtMs + MENDED_MS - performance.now()
    if (leftMs <= 0) return Promise.resolve(false)
    this.#mending ??= this.#readyWithin(leftMs)
    return this.#mending
  }

  /** One wait for all calls of the same cut. */
  #readyWithin(leftMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isReady: boolean): void => {
        clearTimeout(timer)
        this.#redis.off('ready', ready)
        this.#redis.off('end', ended)
        this.#mending = null
        resolve(isReady)
      }
      const ready = (): void => end(true)
      const ended = (): void => end(false)
      const timer = setTimeout(ended, leftMs)
      this.#redis.once('ready', ready)
      this.#redis.once('end', ended)
    })
  }
}
