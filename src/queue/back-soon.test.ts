import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { RedisServer } from '../../test/support/redis-server.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import { Events } from '../observability/events/events.ts'
import { Deadline } from '../service.ts'
import { BullQueue } from './bullmq.ts'

const job = (n: number) => ({
  batchId: `b_${n}` as BatchId,
  attempt: 1,
  conversation: '79001234567' as ConversationKey,
  priority: 1,
  data: {},
})

it('a queue whose Redis is back takes jobs at once, also while its connection is not', async () => {
  await using ends = new AsyncDisposableStack()
  const server = await RedisServer.start()
  ends.defer(() => server.stop())
  const queue = new BullQueue({
    url: server.url,
    password: null,
    queueName: 'back-soon',
    jobName: 'job',
    keepJobsS: 0,
    events: new Events(),
  })
  await queue.start()
  ends.defer(() => queue.stop(new Deadline(1000)))
  for (const n of [1, 2, 3]) {
    await server.down()
    await assert.rejects(queue.add([job(n)]))
    // The longer an outage, the longer the pause between two tries to connect.
    await wait(300 * n)
    await server.up()
    await queue.add([job(n)])
    assert.equal((await queue.depth()).waiting, 1)
  }
})
