/** The processor as the gateway puts it together, beside a queue that nobody works on. */

import { Processor } from '../../src/batching/processor.ts'
import { RefusalLog } from '../../src/batching/refusal-log.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import { systemClock } from '../../src/clock.ts'
import { ConversationKeys } from '../../src/conversation-key.ts'
import type { Events } from '../../src/observability/events/events.ts'
import { BullQueue } from '../../src/queue/bullmq.ts'
import { MemoryQueue } from '../../src/queue/memory.ts'
import type { MessageQueue } from '../../src/queue/queue.ts'
import { Deadline } from '../../src/service.ts'
import { CHECK_MS, LIMITS } from './stores.ts'

/** Started; `url` is that of Redis, null for SQLite. */
export async function openProcessor(
  store: BatchStore,
  url: string | null,
  events: Events,
): Promise<AsyncDisposable> {
  const queue = makeQueue(url, events)
  const processor = new Processor({
    store,
    queue,
    events,
    keys: new ConversationKeys('default'),
    clock: systemClock,
    checkMs: CHECK_MS,
    refusals: new RefusalLog(events),
    separator: ' ',
    adoption: { ...LIMITS, idleMs: 10_000 },
  })
  await queue.start()
  await processor.start()
  return {
    async [Symbol.asyncDispose]() {
      await processor.stop(new Deadline(5000))
      await queue.stop(new Deadline(5000))
    },
  }
}

function makeQueue(url: string | null, events: Events): MessageQueue {
  if (url === null) return new MemoryQueue(events)
  const [queueName, jobName] = ['bench', 'process-message']
  return new BullQueue({ url, password: null, queueName, jobName, keepJobsS: 0, events })
}
