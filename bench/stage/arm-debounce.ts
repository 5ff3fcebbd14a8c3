/**
 * BullMQ's own debounce: each message pushes the person's delayed job back by the window. A replaced
 * job keeps the last data only, so the messages are in a list of the person's, pushed before the job
 * is added; the worker reads and deletes it in one transaction, and finds nothing when an earlier job
 * took all of it.
 */
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { type Arm, type ArmOptions, CONCURRENCY } from './arm.ts'

const NAME = 'debounced'

export async function openDebounce({ url, windowMs, onTurn }: ArmOptions): Promise<Arm> {
  const redis = new Redis(url)
  const connection = { url, maxRetriesPerRequest: null }
  const queue = new Queue<{ person: number }>(NAME, { connection })
  const worker = new Worker<{ person: number }>(
    NAME,
    async ({ data: { person } }) => {
      const key = listOf(person)
      const [read] = (await redis.multi().lrange(key, 0, -1).del(key).exec()) ?? []
      const texts = (read?.[1] ?? []) as string[]
      if (texts.length > 0) onTurn(texts)
    },
    { connection, concurrency: CONCURRENCY },
  )
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
  return {
    async take({ person, text }) {
      await redis.rpush(listOf(person), text)
      const deduplication = { id: String(person), ttl: windowMs, extend: true, replace: true }
      await queue.add(
        'turn',
        { person },
        { delay: windowMs, deduplication, removeOnComplete: true, removeOnFail: true },
      )
    },
    async [Symbol.asyncDispose]() {
      await worker.close()
      await queue.close()
      redis.disconnect()
    },
  }
}

const listOf = (person: number): string => `messages:${person}`
