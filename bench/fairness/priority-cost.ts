/**
 * What a priority costs in BullMQ: jobs handed over 200 at a time, as the processor does, to a
 * worker of 50 that does nothing. With a priority that is the number of jobs in flight, as the
 * processor gives it to a tenant that is alone; and without any, which `BullQueue` never does, so
 * both ways call BullMQ itself, with the options that `BullQueue` sets.
 */
import { Queue, Worker } from 'bullmq'
import { newBatchId } from '../../src/batching/batch-id.ts'
import type { Bench, Outcome, Scale } from '../runner/bench.ts'
import { rounds } from '../runner/rounds.ts'
import { type Cost, costOf } from '../stage/cost.ts'
import { appendsOf } from '../stage/messages.ts'
import { BenchRedis } from '../stage/redis.ts'

const AT_ONCE = 200
const CONCURRENCY = 50
const NAME = 'process-message'
const DATA = { payload: appendsOf(1)[0]?.messages[0]?.payload }

export const priorityCost: Bench = {
  name: 'priority-cost',
  asks: 'Redis: jobs a second and CPU of a job, with priority against without',
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  const count = scale.of(10_000, 400)
  const arm = (hasPriority: boolean) => async () => {
    await redis.clear()
    const { perSecond, clientUs, serverUs } = await costOfJobs(redis, count, hasPriority)
    return { perSecond, clientUs, serverUs, cpuUs: clientUs + serverUs }
  }
  const arms = { priority: arm(true), none: arm(false) }
  const measured = await rounds('jobs', scale.of(9, 1), arms, scale)
  const picture = (title: string, unit: string, figure: string) => ({
    title,
    unit,
    bars: [
      { label: 'with priority', spread: measured.spread('priority', figure) },
      { label: 'without', spread: measured.spread('none', figure) },
    ],
  })
  const line = (what: string, figure: string) => ({
    what: `BullMQ: ${what} with priority, of that without`,
    limit: null,
    unit: '×',
    measured: measured.ratio('priority', 'none', figure),
  })
  return {
    reaches: [line('jobs a second', 'perSecond'), line('CPU of a job', 'cpuUs')],
    arms: measured.all(),
    pictures: [picture('jobs a second', '', 'perSecond'), picture('CPU of a job', 'µs', 'cpuUs')],
  }
}

async function costOfJobs(redis: BenchRedis, count: number, hasPriority: boolean): Promise<Cost> {
  const connection = { url: redis.url, maxRetriesPerRequest: null }
  const { promise: allDone, resolve, reject } = Promise.withResolvers<void>()
  let [added, done] = [0, 0]
  const queue = new Queue('bench', { connection })
  const worker = new Worker('bench', async () => {}, {
    connection,
    concurrency: CONCURRENCY,
    lockDuration: 10_000,
    drainDelay: 1,
  })
  worker.on('error', reject)
  worker.on('completed', () => {
    done += 1
    if (done === count) resolve()
  })
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
  const job = () => {
    added += 1
    const opts = { jobId: newBatchId(), attempts: 1, removeOnComplete: true, removeOnFail: true }
    const priority = added - done
    return { name: NAME, data: DATA, opts: hasPriority ? { ...opts, priority } : opts }
  }
  try {
    return await costOf(
      count,
      async () => {
        while (added < count) await queue.addBulk(Array.from({ length: AT_ONCE }, job))
        await allDone
      },
      redis,
    )
  } finally {
    await worker.close()
    await queue.close()
  }
}
