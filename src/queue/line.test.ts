/** In which order jobs of several tenants are taken when more come than are worked off, on every queue. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { RedisServer } from '../../test/support/redis-server.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import { Events } from '../observability/events/events.ts'
import { Deadline } from '../service.ts'
import { BullQueue } from './bullmq.ts'
import { MemoryQueue } from './memory.ts'
import type { Job, MessageQueue } from './queue.ts'

const server = await RedisServer.start()
after(() => server.stop())

let queues = 0
const QUEUES: Readonly<Record<string, () => MessageQueue>> = {
  memory: () => new MemoryQueue(new Events()),
  bullmq() {
    queues += 1
    const [queueName, jobName] = [`line-${queues}`, 'process-message']
    const options = { url: server.url, password: null, keepJobsS: 0, events: new Events() }
    return new BullQueue({ ...options, queueName, jobName })
  },
}

/** `a7`: the seventh of tenant a, with as many of its turns in flight before it. */
function job(name: string, inFlight: number): Job {
  const conversation = `${name.slice(0, 1)}:79001234567` as ConversationKey
  const priority = 1 + inFlight
  return { batchId: `b_${name}` as BatchId, attempt: 1, conversation, priority, data: {} }
}

const line = (tenant: string, count: number): Job[] =>
  Array.from({ length: count }, (_, n) => job(`${tenant}${n + 1}`, n))

/** One at a time; what `next` answers is handed over while a job runs. Resolves when none is left. */
async function workOff(
  queue: MessageQueue,
  first: readonly Job[],
  next: (taken: readonly string[]) => readonly Job[],
): Promise<string[]> {
  const taken: string[] = []
  let left = first.length
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  await queue.start()
  try {
    await queue.add(first)
    await queue.work(async ({ batchId }) => {
      taken.push(batchId.slice(2))
      const more = next(taken)
      left += more.length - 1
      await queue.add(more).catch(reject)
      if (left === 0) resolve()
    }, 1)
    await done
    return taken
  } finally {
    await queue.stop(new Deadline(5000))
  }
}

for (const [name, make] of Object.entries(QUEUES)) {
  describe(`the line of a queue: ${name}`, () => {
    it('fault 64: lets in a tenant without a line soon, however long the line of another is', async () => {
      const taken = await workOff(make(), line('a', 30), (so) =>
        so.length === 10 ? [job('b1', 0)] : [],
      )
      assert.ok(taken.indexOf('b1') <= 13, taken.join())
    })

    it('keeps the order of a tenant whose line gets shorter', async () => {
      let count = 20
      const taken = await workOff(make(), line('a', count), (so) => {
        if (so.length % 2 === 0 || count === 40) return []
        count += 1
        return [job(`a${count}`, count - so.length)]
      })
      assert.deepEqual(
        taken,
        Array.from({ length: 40 }, (_, n) => `a${n + 1}`),
      )
    })

    it('fault 64: gets to the end of a long line beside a short one that never ends', async () => {
      let count = 3
      const first = [...line('a', 10), ...line('b', count)]
      const taken = await workOff(make(), first, (so) => {
        if (!so.at(-1)?.startsWith('b') || count === 60) return []
        count += 1
        return [job(`b${count}`, 3)]
      })
      assert.ok(taken.indexOf('a10') < 30, taken.join())
    })
  })
}
