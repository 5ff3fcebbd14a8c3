/**
 * MessageQueue in memory, for the store that one process owns: the store is the truth, and at a
 * start the processor hands over again what a dead process held.
 */

import { messageOf } from '../errors.ts'
import type { Events } from '../observability/events/events.ts'
import type { Deadline } from '../service.ts'
import { type Job, type JobHandler, jobId, type MessageQueue } from './queue.ts'

export class MemoryQueue implements MessageQueue {
  readonly name = 'memory'
  readonly #events: Events
  /** Waiting jobs by place and id, each place in order of arrival. */
  readonly #waiting = new Map<number, Map<string, Job>>()
  readonly #ids = new Set<string>()
  /** Ascending. */
  readonly #places: number[] = []
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
    const front = this.#places[0] ?? 0
    for (const job of jobs) {
      const id = jobId(job)
      if (!this.#active.has(id) && !this.#ids.has(id)) this.#put(id, job, front + job.priority)
    }
    this.#fill()
  }

  async work(handler: JobHandler, concurrency: number): Promise<void> {
    this.#handler = handler
    this.#concurrency = concurrency
    this.#fill()
  }

  async depth(): Promise<{ waiting: number; active: number }> {
    return { waiting: this.#ids.size, active: this.#active.size }
  }

  #put(id: string, job: Job, place: number): void {
    let jobs = this.#waiting.get(place)
    if (!jobs) {
      jobs = new Map()
      this.#waiting.set(place, jobs)
      // Mostly the greatest so far.
      const at = this.#places.findLastIndex((other) => other < place) + 1
      this.#places.splice(at, 0, place)
    }
    jobs.set(id, job)
    this.#ids.add(id)
  }

  #take(): [string, Job] | null {
    const [place] = this.#places
    const jobs = place === undefined ? undefined : this.#waiting.get(place)
    const [first] = jobs ?? []
    if (!jobs || !first || place === undefined) return null
    jobs.delete(first[0])
    this.#ids.delete(first[0])
    if (jobs.size === 0) {
      this.#waiting.delete(place)
      this.#places.shift()
    }
    return first
  }

  #fill(): void {
    const handler = this.#handler
    if (!handler || this.#stopped) return
    while (this.#active.size < this.#concurrency) {
      const next = this.#take()
      if (!next) return
      const [id, job] = next
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
