/** Runs the suite of the MessageQueue port on every queue. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Events } from '../../src/observability/events/events.ts'
import { BullQueue } from '../../src/queue/bullmq.ts'
import { MemoryQueue } from '../../src/queue/memory.ts'
import type { Job, JobHandler, MessageQueue } from '../../src/queue/queue.ts'
import { Deadline } from '../../src/service.ts'
import { EventLog } from '../support/event-log.ts'
import { RedisServer } from '../support/redis-server.ts'

type MakeQueue = (events: Events) => Promise<MessageQueue>

let server: Promise<RedisServer> | null = null
let queues = 0
after(async () => {
  if (server) await (await server).stop()
})

const makeBull: MakeQueue = async (events) => {
  server ??= RedisServer.start()
  const { url } = await server
  queues += 1
  const queueName = `suite-${queues}`
  return new BullQueue({
    url,
    password: null,
    queueName,
    jobName: 'process-message',
    keepJobsS: 0,
    events,
  })
}

const QUEUES: readonly { readonly name: string; readonly make: MakeQueue }[] = [
  { name: 'queue: memory', make: async (events) => new MemoryQueue(events) },
  { name: 'queue: bullmq', make: makeBull },
]

function job(name: string, attempt = 1, priority = 1): Job {
  const conversation = '79001234567' as ConversationKey
  const data = { from: '79001234567' }
  return { batchId: `b_${name}` as BatchId, attempt, conversation, priority, data }
}

/** A handler that notes what it gets and can be made to wait. */
class Handler {
  readonly taken: string[] = []
  running = 0
  most = 0
  #gate = Promise.withResolvers<void>()
  #expected: { count: number; resolve: () => void } | null = null

  readonly handle: JobHandler = async ({ batchId, attempt }) => {
    this.taken.push(`${batchId}.${attempt}`)
    this.running += 1
    this.most = Math.max(this.most, this.running)
    if (this.#expected && this.taken.length >= this.#expected.count) this.#expected.resolve()
    await this.#gate.promise
    this.running -= 1
  }

  open(): void {
    this.#gate.resolve()
  }

  async until(count: number): Promise<void> {
    if (this.taken.length >= count) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#expected = { count, resolve }
    await promise
  }
}

for (const { name, make } of QUEUES) {
  describe(name, () => {
    const play = (
      title: string,
      test: (queue: MessageQueue, handler: Handler, log: EventLog) => Promise<void>,
    ): void => {
      it(title, async () => {
        const events = new Events()
        const log = new EventLog(events)
        const queue = await make(events)
        const handler = new Handler()
        await queue.start()
        try {
          await test(queue, handler, log)
        } finally {
          handler.open()
          await queue.stop(new Deadline(5000))
        }
      })
    }

    play(
      'each job reaches the handler once, with its batch and attempt',
      async (queue, handler) => {
        handler.open()
        await queue.add([job('a'), job('b'), job('a', 2)])
        await queue.work(handler.handle, 5)
        await handler.until(3)
        assert.deepEqual(handler.taken.toSorted(), ['b_a.1', 'b_a.2', 'b_b.1'])
      },
    )

    play('an id that waits or runs is not added again', async (queue, handler) => {
      await queue.add([job('a')])
      await queue.add([job('a')])
      await queue.work(handler.handle, 5)
      await handler.until(1)
      await queue.add([job('a'), job('end')])
      await handler.until(2)
      assert.deepEqual(handler.taken, ['b_a.1', 'b_end.1'])
    })

    play(
      'those of a smaller number are taken first, equal ones as they came',
      async (queue, handler) => {
        handler.open()
        await queue.add([job('c', 1, 9), job('d', 1, 9), job('b', 1, 2), job('a', 1, 1)])
        await queue.work(handler.handle, 1)
        await handler.until(4)
        assert.deepEqual(handler.taken, ['b_a.1', 'b_b.1', 'b_c.1', 'b_d.1'])
      },
    )

    play('no more run at a time than allowed', async (queue, handler) => {
      await queue.add(['a', 'b', 'c', 'd'].map((id) => job(id)))
      await queue.work(handler.handle, 2)
      await handler.until(2)
      assert.deepEqual(await queue.depth(), { waiting: 2, active: 2 })
      handler.open()
      await handler.until(4)
      assert.equal(handler.most, 2)
    })

    play('a handler that throws ends its job and no other', async (queue, handler, log) => {
      handler.open()
      await queue.work(async (taken) => {
        if (taken.batchId === 'b_bad') throw new Error('on purpose')
        await handler.handle(taken)
      }, 1)
      await queue.add([job('bad'), job('good')])
      await handler.until(1)
      const [failed] = await log.until('queue.error')
      assert.match(failed?.error ?? '', /on purpose/)
      assert.deepEqual(handler.taken, ['b_good.1'])
    })

    play('a stop waits for what runs and takes nothing more', async (queue, handler) => {
      await queue.add([job('a'), job('b')])
      await queue.work(handler.handle, 1)
      await handler.until(1)
      const stopped = queue.stop(new Deadline(5000))
      handler.open()
      await stopped
      assert.equal(handler.running, 0)
      assert.deepEqual(handler.taken, ['b_a.1'])
    })

    play('a stop that was asked for before the start, or twice, is no error', async (queue) => {
      await queue.stop(new Deadline(1000))
      await queue.stop(new Deadline(1000))
    })
  })
}
