/**
 * The brief's own way: RPUSH, SET and EXPIRE twice for a message, `KEYS` once a second, and for each
 * batch that was silent long enough LRANGE, a job, DEL. The worker of BullMQ does nothing.
 */
import { Worker } from 'bullmq'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { type Arm, type ArmOptions, CONCURRENCY } from './arm.ts'
import { FourWrites } from './four-writes.ts'
import { appendTo, phoneOf } from './messages.ts'
import { OriginalProcessor } from './original-processor.ts'

export async function openOriginal({ url, windowMs, onTurn }: ArmOptions): Promise<Arm> {
  const api = new FourWrites(url)
  const processor = new OriginalProcessor(url, windowMs)
  const running = processor.run()
  const connection = { url, maxRetriesPerRequest: null }
  const worker = new Worker(
    OriginalProcessor.queueName,
    async ({ data }) => onTurn((data.messages as string[]).map(textOf)),
    { connection, concurrency: CONCURRENCY },
  )
  await worker.waitUntilReady()
  const random = seededRandom(8)
  return {
    take: ({ person, n, text }) =>
      api.append(appendTo(phoneOf(person), { n, text, idleMs: windowMs, random })),
    async [Symbol.asyncDispose]() {
      processor.stop()
      await running
      await worker.close()
      api[Symbol.dispose]()
    },
  }
}

function textOf(element: string): string {
  return (JSON.parse(element) as { message: string }).message
}
