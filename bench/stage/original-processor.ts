/**
 * The brief's batch processor: every second all batches are listed and each is looked at; one that is
 * full or has been silent long enough becomes a job and is deleted. As a process of its own:
 *
 *   node bench/stage/original-processor.ts <redis url> <batchTimeout ms>
 *
 * Kinder than the brief: many batches are looked at at the same time, where it goes through them
 * one after the other. It loses what it loses there: a message that comes between LRANGE and DEL.
 */
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { LIMITS } from './stores.ts'

const CHECK_MS = 1000
const AT_ONCE = 1000

export class OriginalProcessor {
  static readonly queueName = 'rapid-fire-messages'
  readonly #redis: Redis
  readonly #connection: Redis
  readonly #queue: Queue
  readonly #timeoutMs: number
  #isStopping = false

  constructor(url: string, timeoutMs: number) {
    this.#redis = new Redis(url)
    this.#connection = new Redis(url)
    this.#queue = new Queue(OriginalProcessor.queueName, { connection: this.#connection })
    this.#timeoutMs = timeoutMs
  }

  /** Ends at the next look after `stop`, and its connections with it. */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      const startedAt = performance.now()
      await this.#checkAll()
      const leftMs = CHECK_MS - (performance.now() - startedAt)
      if (this.#isStopping) break
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)))
    }
    await this.#queue.close()
    for (const redis of [this.#redis, this.#connection]) redis.disconnect()
  }

  stop(): void {
    this.#isStopping = true
  }

  async #checkAll(): Promise<void> {
    const keys = await this.#redis.keys('rapid-fire:*')
    for (let n = 0; n < keys.length && !this.#isStopping; n += AT_ONCE) {
      await Promise.all(keys.slice(n, n + AT_ONCE).map((key) => this.#check(key)))
    }
  }

  async #check(key: string): Promise<void> {
    const redis = this.#redis
    const phone = key.slice('rapid-fire:'.length)
    const [lastMessage, size] = await Promise.all([redis.get(`last-msg:${phone}`), redis.llen(key)])
    const idleMs = Date.now() - Number(lastMessage)
    if (size < LIMITS.maxSize && idleMs < this.#timeoutMs) return
    const messages = await redis.lrange(key, 0, -1)
    const data = { from: phone, messages }
    await this.#queue.add('process-message', data, { removeOnComplete: true })
    await redis.del(key, `last-msg:${phone}`)
  }
}

if (import.meta.main) {
  const [url = '', timeoutMs = '10000'] = process.argv.slice(2)
  const processor = new OriginalProcessor(url, Number(timeoutMs))
  process.once('SIGTERM', () => processor.stop())
  console.log('ready: processor')
  await processor.run()
  process.exit(0)
}
