/** What became of messages whose text is the time at which they were written. */
import { setTimeout as pause } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { RedisKeys } from '../../src/batching/redis/keys.ts'
import { phoneOf } from './messages.ts'
import type { BenchRedis } from './redis.ts'

/** The bench's own people; those who were pending before have phones beyond. */
const PEOPLE = 100_000

export interface HandedOver {
  /** From the batch timeout after a batch's last message to the job, ms; full batches left out. */
  readonly lateMs: readonly number[]
  /** Neither in a job nor in a list. */
  readonly lost: number
}

export async function handedOver(
  redis: BenchRedis,
  accepted: number,
  { idleMs, quietMs }: { readonly idleMs: number; readonly quietMs: number },
): Promise<HandedOver> {
  const connection = redis.server.client()
  const queue = new Queue('rapid-fire-messages', { connection })
  try {
    await allHandedOver(queue, quietMs)
    // Ours go by their tenant's turns in flight, so they wait in the line with places.
    const jobs = await queue.getJobs(['waiting', 'prioritized'])
    const batches = jobs.map(({ data, timestamp }) => ({ at: timestamp, texts: textsOf(data) }))
    const inJobs = batches.reduce((sum, { texts }) => sum + texts.length, 0)
    const lateMs = batches
      .filter(({ texts }) => texts.length < 10)
      .map(({ at, texts }) => at - Math.max(...texts.map(Number)) - idleMs)
    return { lateMs, lost: accepted - inJobs - (await inLists(redis)) }
  } finally {
    await queue.close()
    connection.disconnect()
  }
}

/** When nothing new has come from a processor for so long. */
async function allHandedOver(queue: Queue, quietMs: number): Promise<void> {
  let before = -1
  for (let count = 0; count !== before; ) {
    before = count
    await pause(quietMs)
    count = await queue.getJobCountByTypes('waiting', 'prioritized')
  }
}

async function inLists(redis: BenchRedis): Promise<number> {
  const keys = new RedisKeys()
  const pipeline = redis.admin.pipeline()
  for (let n = 0; n < PEOPLE; n += 1) pipeline.llen(keys.list(phoneOf(n)))
  const sizes = (await pipeline.exec()) ?? []
  return sizes.reduce((sum, [, size]) => sum + Number(size), 0)
}

/** Of a job of the original's as `original-processor.ts` makes it, or of one of ours. */
function textsOf(data: {
  messages?: string[]
  metadata?: { originalMessages: string[] }
}): string[] {
  if (data.metadata) return data.metadata.originalMessages
  return (data.messages ?? []).map((element) =>
    String((JSON.parse(element) as { message: string }).message),
  )
}
