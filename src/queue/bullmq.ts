/**
 * MessageQueue on BullMQ, which only this file and its worker know.
 *
 * A job is one attempt at a turn and carries no duty: BullMQ may run it twice (a lock that ran out)
 * or swallow an id that it still keeps, and `begin` and `turns` of the store make up for both. So
 * jobs never retry (`attempts: 1`), failed ones are removed at once, and a stalled one may be taken
 * over many times before BullMQ gives up on it (its default of one loses jobs in a rolling deploy).
 */
import { Queue } from 'bullmq'
import { messageOf } from '../errors.ts'
import type { Events } from '../observability/events/events.ts'
import type { RedisTarget } from '../redis-address.ts'
import type { RedisClient } from '../redis-client.ts'
import { Deadline } from '../service.ts'
import {
  type BullConnectionOptions,
  bullConnection,
  giveUpIfLate,
  inTime,
  isReady,
} from './bull-connection.ts'
import { BullWorker } from './bull-worker.ts'
import { type Job, type JobHandler, jobId, type MessageQueue } from './queue.ts'
import type { QueueTelemetry } from './queue-telemetry.ts'

/** How ioredis and Node word a connection that is down. */
const CONNECTION_LOST =
  /Command timed out|ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|Socket timeout|Connection is closed|isn't writeable/
/** How Redis words that it does nothing now, or takes no writes. */
const REFUSED =
  /^(?:\w+Error: )?(?:OOM|MISCONF|NOREPLICAS|READONLY|BUSY|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|NOPERM|NOAUTH)\b/
/** The greatest that BullMQ takes: beyond it, until once none waits, it is first come, first served. */
const MAX_PRIORITY = 2_097_151
/** BullMQ's score of a job that waits: its priority times this, and a counter. */
const PLACE = 2 ** 32
/** The same error is told once in this time. */
const TELL_AGAIN_MS = 30_000
const MAX_TOLD = 100
/** The connection is tried again at least once a second: one that was cut is back by then, ms. */
const BACK_MS = 1500
/** What is not answered in this time may have been done or not. */
const COMMAND_MS = 4000
/** As often is looked whether the worker has fallen silent: it is seen after three looks. */
const LOOK_MS = 1200

export const PRODUCER: BullConnectionOptions = {
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  commandTimeout: COMMAND_MS,
}
export const CONSUMER: BullConnectionOptions = { maxRetriesPerRequest: null }

const PREFIX = 'bull'
/** With the hash tag of a partition, so that all keys of a queue share a slot of a Cluster. */
const prefixOf = (partition: string | undefined): string =>
  partition === undefined ? PREFIX : `${PREFIX}:{${partition}}`

/** How all keys of a queue begin. */
export const queueKeys = (queueName: string, partition?: string): string =>
  `${prefixOf(partition)}:${queueName}:`

export interface BullQueueOptions extends RedisTarget {
  readonly queueName: string
  /** The partition of the store whose turns it carries; left out where there are none. */
  readonly partition?: string
  readonly jobName: string
  /** Ended jobs are kept so long for looking at; 0 = not at all. */
  readonly keepJobsS: number
  readonly events: Events
  /** BullMQ's own spans; null or left out = none. */
  readonly telemetry?: QueueTelemetry | null
  /** Of several queues together, and ended by who made them; left out: connections of its own. */
  readonly shared?: SharedConnections
}

export interface SharedConnections {
  producer(): RedisClient
  consumer(): RedisClient
}

export class BullQueue implements MessageQueue {
  readonly name: string
  readonly #options: BullQueueOptions
  #producer: RedisClient | null = null
  #queue: Queue | null = null
  #worker: BullWorker | null = null
  #looking: NodeJS.Timeout | undefined
  #back: Promise<void> | null = null
  /** Error → when it was last told. */
  readonly #toldAt = new Map<string, number>()

  constructor(options: BullQueueOptions) {
    this.#options = options
    const { queueName, partition } = options
    this.name = `bullmq ${queueName}${partition === undefined ? '' : ` ${partition}`}`
  }

  async start(): Promise<void> {
    // Producers are told at once that Redis is away: the store keeps the turn.
    const connection = this.#options.shared?.producer() ?? this.#connect(PRODUCER)
    this.#producer = connection
    await this.#orLeave(isReady(connection))
    const { queueName, partition, telemetry } = this.#options
    const prefix = prefixOf(partition)
    this.#queue = new Queue(queueName, { connection, prefix, ...(telemetry && { telemetry }) })
    this.#queue.on('error', (error) => this.#report(error))
    await this.#orLeave(this.#queue.waitUntilReady())
  }

  async add(jobs: readonly Job[]): Promise<void> {
    try {
      await this.#add(jobs)
    } catch (error) {
      giveUpIfLate(this.#producer, error)
      throw error
    }
  }

  async #add(jobs: readonly Job[]): Promise<void> {
    if (!this.#queue) throw new Error('the queue was not started')
    await this.#backSoon()
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
          // As BullMQ's own telemetry writes it, so that its workers anywhere go on from there.
          ...(job.trace !== undefined && {
            telemetry: { metadata: JSON.stringify({ traceparent: job.trace }) },
          }),
        },
      })),
    )
  }

  /**
   * After an outage the store may be back a moment before this connection is, and a handover that fails
   * is made again only when its lease is over. One wait for all that are under way.
   */
  async #backSoon(): Promise<void> {
    const connection = this.#producer
    if (!connection || connection.status === 'ready') return
    this.#back ??= isReady(connection).finally(() => {
      this.#back = null
    })
    // What comes of it is said by the call itself.
    await new Deadline(BACK_MS).race(this.#back.catch(() => {}))
  }

  /** The place of the job that is taken next; 0 when none waits. */
  async #front(): Promise<number> {
    const { queueName, partition } = this.#options
    const line = `${queueKeys(queueName, partition)}prioritized`
    const [, score] = (await this.#producer?.zrange(line, '0', '0', 'WITHSCORES')) ?? []
    return Math.floor(Number(score ?? 0) / PLACE)
  }

  async work(handler: JobHandler, concurrency: number): Promise<void> {
    const worker = new BullWorker({
      queueName: this.#options.queueName,
      prefix: prefixOf(this.#options.partition),
      // Without a deadline of its own: ioredis sends a call whose time is over again on the next
      // connection, where it would take a job for nobody.
      connect: () => this.#options.shared?.consumer() ?? this.#connect(CONSUMER),
      isShared: this.#options.shared !== undefined,
      handler,
      concurrency,
      telemetry: this.#options.telemetry ?? null,
      onError: (error) => this.#report(error),
    })
    this.#worker = worker
    await this.#orLeave(worker.start())
    this.#looking = setInterval(() => void this.#look(worker), LOOK_MS)
  }

  async #look(worker: BullWorker): Promise<void> {
    // An idle worker finds none each second: Redis need not be asked for the same once more.
    const waiting = worker.foundNoneSince() ? 0 : await this.#waiting()
    if (!worker.isSilent(waiting) || (await this.#isPaused())) return
    this.#options.events.emit('queue.silent', { queue: this.name, waiting: waiting ?? 0 })
    await worker.renew().catch((error) => this.#report(error))
  }

  /** Null when it cannot be asked; the store says why. */
  async #waiting(): Promise<number | null> {
    return this.depth().then(
      ({ waiting }) => waiting,
      (error) => {
        giveUpIfLate(this.#producer, error)
        return null
      },
    )
  }

  /** Somebody paused the whole queue: then nothing is taken, and that is right. */
  async #isPaused(): Promise<boolean> {
    return (await this.#queue?.isPaused().catch(() => true)) ?? true
  }

  async depth(): Promise<{ waiting: number; active: number }> {
    const counts = await this.#queue?.getJobCounts('waiting', 'prioritized', 'active')
    const { waiting = 0, prioritized = 0, active = 0 } = counts ?? {}
    return { waiting: waiting + prioritized, active }
  }

  /** BullMQ's own `close` has no deadline, so it gets ours. */
  async stop(deadline: Deadline): Promise<void> {
    clearInterval(this.#looking)
    const closing = this.#worker?.close() ?? Promise.resolve()
    const closed = closing.then(() => this.#queue?.close())
    // Past it the connections go, and jobs that are held are found stalled by other workers.
    await deadline.race(closed.catch((error) => this.#report(error)))
    this.#leave()
    this.#worker = null
    this.#queue = null
  }

  #connect(options: BullConnectionOptions): RedisClient {
    const connection = bullConnection(this.#options, options)
    connection.on('error', (error) => this.#report(error))
    return connection
  }

  /** What was begun tries for ever, unless it is given up. */
  async #orLeave(work: Promise<unknown>): Promise<void> {
    try {
      await inTime(work, this.name)
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  #leave(): void {
    this.#worker?.disconnect()
    if (!this.#options.shared) this.#producer?.disconnect()
  }

  #report(error: unknown): void {
    // The store is on the same server and says once that it is away and once that it is back.
    const text = messageOf(error)
    if (CONNECTION_LOST.test(text)) return
    if (REFUSED.test(text)) this.#worker?.rest()
    const now = performance.now()
    if (now - (this.#toldAt.get(text) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return
    if (this.#toldAt.size > MAX_TOLD) this.#toldAt.clear()
    this.#toldAt.set(text, now)
    this.#options.events.emit('queue.error', { queue: this.name, error: text })
  }
}
