/**
 * MessageQueue: carries turns from processors to workers. It may run a job twice, late or not at
 * all; the store makes up for each of these, so nothing here is the truth.
 */
import type { BatchId, ConversationKey } from '../message.ts'
import type { Service } from '../service.ts'

export interface Job {
  readonly batchId: BatchId
  readonly attempt: number
  readonly conversation: ConversationKey
  /**
   * So many places behind the job that is taken next: 1 + what its tenant has in flight. Lower places
   * are taken first, and on one place the order of arrival stands. So the turns of a tenant stay in
   * their order, and none waits for ever: counted from a fixed beginning, those at the end of a long
   * line would stand behind all that come later and find a shorter one.
   */
  readonly priority: number
  /** Where its trace goes on, as in `traceparent`. */
  readonly trace?: string
  /** What a worker of the original reads; ours reads the store. */
  readonly data: Readonly<Record<string, unknown>>
}

/** `<batch>` for the first attempt, `<batch>.<n>` for the n-th: never an id that was used before. */
export function jobId(job: Pick<Job, 'batchId' | 'attempt'>): string {
  return job.attempt === 1 ? job.batchId : `${job.batchId}.${job.attempt}`
}

export type JobHandler = (
  job: Pick<Job, 'batchId' | 'attempt' | 'conversation' | 'trace'>,
) => Promise<void>

export interface MessageQueue extends Service {
  /** Which queue, for people: `bullmq rapid-fire-messages` or `memory`. */
  readonly name: string
  /**
   * Hands jobs over. An id that the queue already holds is not added again.
   * When it throws, any of the jobs may be in: hand all over again under the same ids.
   */
  add(jobs: readonly Job[]): Promise<void>
  /** Starts taking jobs, at most `concurrency` at a time. A handler that throws ends its job only. */
  work(handler: JobHandler, concurrency: number): Promise<void>
  /** Jobs that wait or run. */
  depth(): Promise<{ waiting: number; active: number }>
}
