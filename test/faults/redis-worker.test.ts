/** The worker of the queue behind connections that live and bring nothing. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { BatchId } from '../../src/message.ts'
import { Events } from '../../src/observability/events/events.ts'
import { BullQueue } from '../../src/queue/bullmq.ts'
import { Deadline } from '../../src/service.ts'
import { EventLog } from '../support/event-log.ts'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { RedisServer } from '../support/redis-server.ts'
import { BACK_MS, C } from './redis-stage.ts'

/** The producer is connected first, then the worker, then what it blocks with. */
const WORKER = 2

describe('a worker of the queue', { concurrency: 2 }, () => {
  let server: RedisServer
  before(async () => {
    server = await RedisServer.start()
  })
  after(() => server.stop())

  async function play(
    queueName: string,
    breakIt: (proxy: FaultyProxy) => void,
  ): Promise<{ ranMs: number; log: EventLog }> {
    await using proxy = await FaultyProxy.to(server.port)
    const events = new Events()
    const log = new EventLog(events)
    const options = { queueName, jobName: 'turn', keepJobsS: 0, password: null, events }
    const queue = new BullQueue({ ...options, url: proxy.url })
    const other = new BullQueue({ ...options, url: server.url })
    await queue.start()
    await other.start()
    const ran = new Set<BatchId>()
    let isTold = (): void => {}
    /** Until so many of them were taken. */
    const run = async (batchIds: readonly string[], count: number): Promise<void> => {
      const before = ran.size
      const jobs = batchIds.map((id) => ({ batchId: id as BatchId, attempt: 1, conversation: C }))
      await other.add(jobs.map((job) => ({ ...job, priority: 1, data: {} })))
      while (ran.size < before + count) {
        await new Promise<void>((resolve) => {
          isTold = resolve
        })
      }
    }
    await queue.work(async ({ batchId }) => {
      ran.add(batchId)
      isTold()
    }, 2)
    await run(['b_before'], 1)
    breakIt(proxy)
    const startedAt = performance.now()
    // The first may be taken by an answer that does not come, until its lock ends.
    await run(['b_one', 'b_two', 'b_three'], 2)
    const ranMs = performance.now() - startedAt
    await Promise.all([queue, other].map((one) => one.stop(new Deadline(1000))))
    return { ranMs, log }
  }

  it('fault 44: whose answers come a byte a second is made anew, and goes on', async () => {
    const { ranMs, log } = await play('drip', (proxy) =>
      proxy.shapeOne(WORKER, 'reply', { pieceBytes: 1, pieceMs: 1000 }),
    )
    assert.equal(log.all('queue.silent').length, 1)
    assert.ok(ranMs <= 2 * BACK_MS, `${Math.round(ranMs)} ms`)
  })

  it('fault 44: whose connections all went deaf has new ones within 5 s, and goes on', async () => {
    const { ranMs } = await play('deaf', (proxy) => proxy.deafen())
    assert.ok(ranMs <= 2 * BACK_MS, `${Math.round(ranMs)} ms`)
  })
})
