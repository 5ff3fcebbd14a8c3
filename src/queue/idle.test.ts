import assert from 'node:assert/strict'
import { it } from 'node:test'
import { RedisServer } from '../../test/support/redis-server.ts'
import { Events } from '../observability/events/events.ts'
import { Deadline } from '../service.ts'
import { BullQueue } from './bullmq.ts'

it('a worker that finds no job is not asked after', async () => {
  await using ends = new AsyncDisposableStack()
  const server = await RedisServer.start()
  ends.defer(() => server.stop())
  const queue = new BullQueue({
    ...{ url: server.url, password: null, queueName: 'idle', jobName: 'job', keepJobsS: 0 },
    events: new Events(),
  })
  await queue.start()
  ends.defer(() => queue.stop(new Deadline(1000)))
  const client = server.client()
  ends.defer(() => client.disconnect())
  const monitor = await client.monitor()
  ends.defer(() => monitor.disconnect())
  let looks = 0
  const depth = queue.depth.bind(queue)
  queue.depth = () => {
    looks += 1
    return depth()
  }
  const { promise: idled, resolve } = Promise.withResolvers<void>()
  let waits = 0
  monitor.on('monitor', (_time: string, [name = '']: string[]) => {
    if (name.toLowerCase() === 'bzpopmin') waits += 1
    if (waits === 5) resolve()
  })
  await queue.work(async () => {}, 1)
  await idled
  // The first look may come before the first answer.
  assert.ok(looks <= 1, `${looks} looks`)
})
