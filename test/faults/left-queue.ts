/** A process whose queue is stopped while its Redis is gone: it has to end by itself. */

import { Events } from '../../src/observability/events/events.ts'
import { BullQueue } from '../../src/queue/bullmq.ts'
import { Deadline } from '../../src/service.ts'
import { RedisServer } from '../support/redis-server.ts'

const server = await RedisServer.start()
const queue = new BullQueue({
  ...{ url: server.url, password: null, queueName: 'left', jobName: 'job', keepJobsS: 0 },
  events: new Events(),
})
await queue.start()
await queue.work(async () => {}, 1)
await server.stop()
await queue.stop(new Deadline(500))
console.log('stopped')
