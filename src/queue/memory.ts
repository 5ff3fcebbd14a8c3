/**
 * MessageQueue in memory, for the store that one process owns: the store is the truth, and at a
 * start the processor hands over again what a dead process held.
 */

import { messageOf } from '../errors.ts'
import type { Events } from '../observability/events.ts'
import type { Deadline } from '../service.ts'
import { type Job, type JobHandler, jobId, type MessageQueue } from './queue.ts'

export class MemoryQueue implements MessageQueue {
  readonly name = 'memory'
  readonly #events: Events
  /** Waiting and running jobs by id, in order of arrival. */
  readonly #waiting = new Map<string, Job>()
  readonly #active = new Map<string, Promise<void>>()
  #handler: JobHandler | null = null
  #concurrency = 0
  #stopped = false

  constructor(events: Events) {
    this.#events = events
  }

  async start(): Promise<void> {
    this.#stopped = false
  }

  async add(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      const id = jobId(job)
      if (!this.#active.has(id)) this.#waiting.set(id, job)
    }
    this.#fill()
  }

  async work(handler: JobHandler, concurrency: number): Promise<void> {
    this.#handler = handler
    this.#concurrency = concurrency
    this.#fill()
  }

  async depth(): Promise<{ waiting: number; active: number }> {
    return { waiting: this.#waiting.size, active: this.#active.size }
  }

  #fill(): void {
    const handler = this.#handler
    if (!handler || this.#stopped) return
    for (const [id, job] of this.#waiting) {
      if (this.#active.size >= this.#concurrency) return
      this.#waiting.delete(id)
      this.#active.set(id, this.#run(id, job, handler))
    }
  }

  async #run(id: string, job: Job, handler: JobHandler): Promise<void> {
    try {
      await handler(job)
    } catch (error) {
      this.#events.emit('queue.error', { queue: this.name, error: messageOf(error) })
    } finally {
      this.#active.delete(id)
      this.#fill()
    }
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#stopped = true
    await deadline.race(Promise.all(this.#active.values()))
  }
}
