/**
 * MessageQueue of a store in partitions: a queue for each, so that the keys of one share a slot of a
 * Cluster, and one that is away holds up none of the others. Workers take from all of them.
 */
import type { ConversationKey } from '../message.ts'
import type { RedisClient } from '../redis-client.ts'
import type { Deadline } from '../service.ts'
import { bullConnection } from './bull-connection.ts'
import {
  BullQueue,
  type BullQueueOptions,
  CONSUMER,
  PRODUCER,
  type SharedConnections,
} from './bullmq.ts'
import { Places } from './places.ts'
import type { Job, JobHandler, MessageQueue } from './queue.ts'

export interface PartitionedQueueOptions extends Omit<BullQueueOptions, 'partition' | 'shared'> {
  readonly partitions: readonly string[]
  /** The index of the partition of a conversation, as the store finds it. */
  readonly partOf: (conversation: ConversationKey) => number
}

export class PartitionedQueue implements MessageQueue {
  readonly name: string
  readonly #parts: readonly MessageQueue[]
  readonly #connections: Connections
  readonly #partOf: (job: Pick<Job, 'conversation'>) => number

  constructor({ partitions, partOf, ...options }: PartitionedQueueOptions) {
    const [first, last] = [partitions[0], partitions.at(-1)]
    this.name = `bullmq ${options.queueName} ${first}…${last}`
    const shared = new Connections(options)
    this.#connections = shared
    this.#parts = partitions.map((partition) => new BullQueue({ ...options, partition, shared }))
    this.#partOf = ({ conversation }) => partOf(conversation)
  }

  async start(): Promise<void> {
    try {
      await this.#all((part) => part.start())
    } catch (error) {
      this.#connections.end()
      throw error
    }
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.#all((part) => part.stop(deadline))
    this.#connections.end()
  }

  async add(jobs: readonly Job[]): Promise<void> {
    const byPart = [...Map.groupBy(jobs, this.#partOf)]
    await Promise.all(byPart.map(([at, some]) => this.#parts[at]?.add(some)))
  }

  /**
   * Each queue has its share of the places, rounded up, and no more run at a time than there are
   * places: what was taken beyond them waits here, so with fewer places than partitions it waits
   * although another worker may be free.
   */
  async work(handler: JobHandler, concurrency: number): Promise<void> {
    const places = new Places(concurrency)
    const share = Math.ceil(concurrency / this.#parts.length)
    await this.#all((part) => part.work((job) => places.run(() => handler(job)), share))
  }

  async depth(): Promise<{ waiting: number; active: number }> {
    const all = await this.#all((part) => part.depth())
    return {
      waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
      active: all.reduce((sum, { active }) => sum + active, 0),
    }
  }

  #all<Answer>(ask: (part: MessageQueue) => Promise<Answer>): Promise<Answer[]> {
    return Promise.all(this.#parts.map(ask))
  }
}

/** Opened when first asked for: a process that only hands over takes nothing. */
class Connections implements SharedConnections {
  readonly #target: BullQueueOptions
  #producer: RedisClient | null = null
  #consumer: RedisClient | null = null

  constructor(target: BullQueueOptions) {
    this.#target = target
  }

  producer(): RedisClient {
    this.#producer ??= this.#open(PRODUCER)
    return this.#producer
  }

  consumer(): RedisClient {
    this.#consumer ??= this.#open(CONSUMER)
    return this.#consumer
  }

  #open(options: typeof PRODUCER): RedisClient {
    const client = bullConnection(this.#target, options)
    client.setMaxListeners(0)
    client.on('error', () => {
      // What it means for a queue, that queue says; the store says that its server is away.
    })
    return client
  }

  end(): void {
    this.#producer?.disconnect()
    this.#consumer?.disconnect()
  }
}
