/**
 * The worker of BullMQ: takes jobs, rests while Redis refuses them, and is made anew when it has
 * fallen silent. What an old one was running goes on; its jobs are found stalled and start again,
 * which the store refuses while they run.
 */
import { type Job as BullJob, Worker } from 'bullmq'
import type { BatchId, ConversationKey } from '../message.ts'
import type { RedisClient } from '../redis-client.ts'
import { Deadline } from '../service.ts'
import { isReady } from './bull-connection.ts'
import type { JobHandler } from './queue.ts'
import type { QueueTelemetry } from './queue-telemetry.ts'
import { Silence } from './silence.ts'

const REST_MS = 1000
/** A silent worker may take so long to close what it can. */
const LEAVE_MS = 1000

/** One that is given up while its Redis is away never ends by itself, and would keep the process alive. */
class EndableWorker extends Worker {
  /** Times that it asked for a job and was told that there is none. */
  foundNone = 0

  protected override async moveToActive(token: string, name?: string): Promise<BullJob> {
    const job = await super.moveToActive(token, name)
    // Its type leaves out that there may be none.
    if (job === undefined) this.foundNone += 1
    return job
  }

  async endLocks(): Promise<void> {
    await this.lockManager.close()
  }
}

export interface BullWorkerOptions {
  readonly queueName: string
  /** How its keys begin. */
  readonly prefix: string
  readonly connect: () => RedisClient
  /** What `connect` answers is ended by somebody else. */
  readonly isShared: boolean
  readonly handler: JobHandler
  readonly concurrency: number
  readonly telemetry: QueueTelemetry | null
  readonly onError: (error: unknown) => void
}

export class BullWorker {
  readonly #options: BullWorkerOptions
  readonly #silence = new Silence()
  #worker: EndableWorker | null = null
  #connection: RedisClient | null = null
  #resting: NodeJS.Timeout | undefined
  /** Jobs that were taken, and those that run now. */
  #taken = 0
  #running = 0
  #foundNone = 0

  constructor(options: BullWorkerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { queueName, prefix, connect, concurrency, telemetry, onError } = this.#options
    const connection = connect()
    this.#connection = connection
    await isReady(connection)
    const worker = new EndableWorker(queueName, (job: BullJob) => this.#run(job), {
      connection,
      prefix,
      concurrency,
      runRetryDelay: REST_MS,
      lockDuration: 10_000,
      stalledInterval: 5000,
      maxStalledCount: 50,
      drainDelay: 1,
      ...(telemetry && { telemetry }),
    })
    worker.on('error', onError)
    worker.on('failed', (_, error) => onError(error))
    this.#worker = worker
    await worker.waitUntilReady()
  }

  async #run({ data }: BullJob): Promise<void> {
    this.#taken += 1
    this.#running += 1
    try {
      // What a handler returns would stay in the job: nothing, so that no text does.
      await this.#options.handler({
        batchId: data.batchId as BatchId,
        attempt: data.attempt as number,
        conversation: data.conversation as ConversationKey,
      })
    } finally {
      this.#running -= 1
    }
  }

  /** Since this was last asked it looked for a job and found none: it has not lost its way. */
  foundNoneSince(): boolean {
    const before = this.#foundNone
    this.#foundNone = this.#worker?.foundNone ?? 0
    return this.#foundNone > before
  }

  /** Whether it has fallen silent, by how many jobs wait now; null = that could not be asked. */
  isSilent(waiting: number | null): boolean {
    if (waiting === null || this.#worker === null || this.#worker.isPaused()) {
      this.#silence.forget()
      return false
    }
    const hasFreePlaces = this.#running < this.#options.concurrency
    return this.#silence.saw({ waiting, taken: this.#taken, hasFreePlaces })
  }

  /** Another one in its place, on a connection of its own. */
  async renew(): Promise<void> {
    const [worker, connection] = [this.#worker, this.#connection]
    this.#worker = null
    // Its end is not waited for: it is what may hang.
    void new Deadline(LEAVE_MS)
      .race(worker?.close(true).catch(this.#options.onError) ?? Promise.resolve())
      .finally(() => {
        if (!this.#options.isShared) connection?.disconnect()
        void worker?.endLocks()
      })
    await this.start()
  }

  /** A server that takes no writes is asked for jobs again and again, without a pause. */
  rest(): void {
    const worker = this.#worker
    if (!worker || worker.isPaused()) return
    void worker.pause(true)
    this.#resting = setTimeout(() => worker.resume(), REST_MS)
  }

  /** Ends when what runs has ended. */
  async close(): Promise<void> {
    clearTimeout(this.#resting)
    await this.#worker?.close()
  }

  disconnect(): void {
    if (!this.#options.isShared) this.#connection?.disconnect()
    void this.#worker?.endLocks()
    this.#worker = null
  }
}
