/**
 * MessageQueue of a store in partitions: a queue for each, so that the keys of one share a slot of a
 * Cluster, and one that is away holds up none of the others. Workers take from all of them.
 */
import type { ConversationKey } from '../message.ts'
import type { Deadline } from '../service.ts'
import { Places } from './places.ts'
import type { Job, JobHandler, MessageQueue } from './queue.ts'

export class PartitionedQueue implements MessageQueue {
  readonly name: string
  readonly #parts: readonly MessageQueue[]
  readonly #partOf: (job: Pick<Job, 'conversation'>) => number

  /** `partOf`: as the store finds a conversation. */
  constructor(
    name: string,
    parts: readonly MessageQueue[],
    partOf: (conversation: ConversationKey) => number,
  ) {
    this.name = `${name} p0…p${parts.length - 1}`
    this.#parts = parts
    this.#partOf = ({ conversation }) => partOf(conversation)
  }

  async start(): Promise<void> {
    await this.#all((part) => part.start())
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.#all((part) => part.stop(deadline))
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
