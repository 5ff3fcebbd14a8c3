/**
 * MessageQueue on BullMQ, and the only file that knows it.
 *
 * A job is one attempt at a turn and carries no duty: BullMQ may run it twice (a lock that ran out)
 * or swallow an id that it still keeps, and `begin` and `turns` of the store make up for both. So
 * jobs never retry (`attempts: 1`), failed ones are removed at once, and a stalled one may be taken
 * over many times before BullMQ gives up on it (its default of one loses jobs in a rolling deploy).
 */
import { type Job as BullJob, Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { messageOf, RapidFireError } from '../errors.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import type { Events } from '../observability/events.ts'
import { Deadline } from '../service.ts'
import { type Job, type JobHandler, jobId, type MessageQueue } from './queue.ts'

/** How ioredis and Node word a connection that is down. */
const CONNECTION_LOST =
  /ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|Connection is closed|isn't writeable/

/** How Redis words that it takes no writes. */
const NO_WRITES = /^(?:\w+Error: )?(?:OOM|MISCONF|NOREPLICAS|READONLY)\b/
const REST_MS = 1000
/** The greatest that BullMQ takes: beyond it, until once none waits, it is first come, first served. */
const MAX_PRIORITY = 2_097_151
/** BullMQ's score of a job that waits: its priority times this, and a counter. */
const PLACE = 2 ** 32
/** The same error is told once in this time. */
const TELL_AGAIN_MS = 30_000
const MAX_TOLD = 100
/** Longer than a worker blocks for a job: no word for so long means that nobody is there. */
const DEAF_MS = 10_000

/** A server without room for one more connection refuses it for ever; a start says so, ms. */
const READY_MS = 5000

/** How all keys of a queue begin. */
export const queueKeys = (queueName: string): string => `bull:${queueName}:`

export interface BullQueueOptions {
  readonly url: string
  readonly password: string | null
  readonly queueName: string
  readonly jobName: string
  /** Ended jobs are kept so long for looking at; 0 = not at all. */
  readonly keepJobsS: number
  readonly events: Events
}

export class BullQueue implements MessageQueue {
  readonly name: string
  readonly #options: BullQueueOptions
  readonly #connections: Redis[] = []
  #producer: Redis | null = null
  #queue: Queue | null = null
  #worker: Worker | null = null
  /** Error → when it was last told. */
  readonly #toldAt = new Map<string, number>()
  #resuming: NodeJS.Timeout | undefined

  constructor(options: BullQueueOptions) {
    this.#options = options
    this.name = `bullmq ${options.queueName}`
  }

  async start(): Promise<void> {
    // Producers are told at once that Redis is away: the store keeps the turn.
    const connection = this.#connect({
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      commandTimeout: 5000,
    })
    await this.#inTime(ready(connection))
    this.#producer = connection
    this.#queue = new Queue(this.#options.queueName, { connection })
    this.#queue.on('error', (error) => this.#report(error))
    await this.#inTime(this.#queue.waitUntilReady())
  }

  async add(jobs: readonly Job[]): Promise<void> {
    if (!this.#queue) throw new Error('the queue was not started')
    const { jobName, keepJobsS } = this.#options
    const front = await this.#front()
    const removeOnComplete = keepJobsS > 0 ? { age: keepJobsS } : true
    await this.#queue.addBulk(
      jobs.map((job) => ({
        name: jobName,
        data: {
          ...job.data,
          batchId: job.batchId,
          attempt: job.attempt,
          conversation: job.conversation,
        },
        opts: {
          jobId: jobId(job),
          attempts: 1,
          priority: Math.min(front + job.priority, MAX_PRIORITY),
          removeOnComplete,
          removeOnFail: true,
        },
      })),
    )
  }

  /** The place of the job that is taken next; 0 when none waits. */
  async #front(): Promise<number> {
    const line = `${queueKeys(this.#options.queueName)}prioritized`
    const [, score] = (await this.#producer?.zrange(line, '0', '0', 'WITHSCORES')) ?? []
    return Math.floor(Number(score ?? 0) / PLACE)
  }

  async work(handler: JobHandler, concurrency: number): Promise<void> {
    const connection = this.#connect({ maxRetriesPerRequest: null })
    await this.#inTime(ready(connection))
    const worker = new Worker(
      this.#options.queueName,
      async ({ data }: BullJob) => {
        await handler({
          batchId: data.batchId as BatchId,
          attempt: data.attempt as number,
          conversation: data.conversation as ConversationKey,
        })
        // What a handler returns would stay in the job: nothing, so that no text does.
      },
      {
        connection,
        concurrency,
        lockDuration: 10_000,
        stalledInterval: 5000,
        maxStalledCount: 50,
        drainDelay: 1,
      },
    )
    worker.on('error', (error) => this.#report(error))
    worker.on('failed', (_, error) => this.#report(error))
    this.#worker = worker
    await this.#inTime(worker.waitUntilReady())
  }

  async depth(): Promise<{ waiting: number; active: number }> {
    const counts = await this.#queue?.getJobCounts('waiting', 'prioritized', 'active')
    const { waiting = 0, prioritized = 0, active = 0 } = counts ?? {}
    return { waiting: waiting + prioritized, active }
  }

  /** BullMQ's own `close` has no deadline, so it gets ours. */
  async stop(deadline: Deadline): Promise<void> {
    clearTimeout(this.#resuming)
    const closing = this.#worker?.close() ?? Promise.resolve()
    const closed = closing.then(() => this.#queue?.close())
    // Past it the connections go, and jobs that are held are found stalled by other workers.
    await deadline.race(closed.catch((error) => this.#report(error)))
    for (const connection of this.#connections) connection.disconnect()
    this.#worker = null
    this.#queue = null
  }

  #connect(options: {
    maxRetriesPerRequest: number | null
    enableOfflineQueue?: boolean
    commandTimeout?: number
  }): Redis {
    const { url, password } = this.#options
    const connection = new Redis(url, {
      connectTimeout: 2000,
      socketTimeout: DEAF_MS,
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1000),
      // After a failover behind one address the old connection leads to a replica, for ever.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...(password ? { password } : {}),
      ...options,
    })
    connection.on('error', (error) => this.#report(error))
    this.#connections.push(connection)
    return connection
  }

  /** Or gives up all connections, which would try for ever, and throws `store_unreachable`. */
  async #inTime(work: Promise<unknown>): Promise<void> {
    if (await new Deadline(READY_MS).race(work)) return
    for (const connection of this.#connections) connection.disconnect()
    throw new RapidFireError(
      'store_unreachable',
      `${this.name} gets no connection of its own: see maxclients and the log of that Redis`,
    )
  }

  #report(error: unknown): void {
    // The store is on the same server and says once that it is away and once that it is back.
    const text = messageOf(error)
    if (CONNECTION_LOST.test(text)) return
    if (NO_WRITES.test(text)) this.#rest()
    const now = performance.now()
    if (now - (this.#toldAt.get(text) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return
    if (this.#toldAt.size > MAX_TOLD) this.#toldAt.clear()
    this.#toldAt.set(text, now)
    this.#options.events.emit('queue.error', { queue: this.name, error: text })
  }

  /** A server that takes no writes is asked for jobs again and again, without a pause. */
  #rest(): void {
    const worker = this.#worker
    if (!worker || worker.isPaused()) return
    void worker.pause(true)
    this.#resuming = setTimeout(() => worker.resume(), REST_MS)
  }
}

async function ready(connection: Redis): Promise<void> {
  if (connection.status === 'ready') return
  await new Promise<void>((resolve, reject) => {
    connection.once('ready', resolve)
    connection.once('end', () => reject(new Error('the connection was closed')))
  })
}
