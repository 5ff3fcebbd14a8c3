/**
 * The queue with spans around it: the handover of a turn, whose place goes along with the job, and the
 * scope in which a worker answers it.
 */
import { ROOT_CONTEXT, type Span, SpanKind } from '@opentelemetry/api'
import type { Job, JobHandler, MessageQueue } from '../../queue/queue.ts'
import type { Deadline } from '../../service.ts'
import type { Active } from './active.ts'
import type { FrugalTracer } from './frugal-tracer.ts'
import { contextAt, placeText } from './trace-context.ts'
import { TurnSpan } from './turn-span.ts'
import type { TraceWords } from './words.ts'

export interface TracedQueueDeps {
  readonly inner: MessageQueue
  readonly tracer: FrugalTracer
  readonly active: Active
  readonly words: TraceWords
}

export class TracedQueue implements MessageQueue {
  readonly #deps: TracedQueueDeps

  constructor(deps: TracedQueueDeps) {
    this.#deps = deps
  }

  get name(): string {
    return this.#deps.inner.name
  }

  start(): Promise<void> {
    return this.#deps.inner.start()
  }

  async add(jobs: readonly Job[]): Promise<void> {
    const { inner, tracer, active, words } = this.#deps
    const spans: Span[] = []
    const traced = jobs.map((job) => {
      if (job.trace === undefined) return job
      // Its messages bear its place.
      if (!tracer.keepsAt(job.trace)) return withoutTrace(job)
      const span = this.#handover(job, job.trace)
      spans.push(span)
      return { ...job, trace: placeText(span.spanContext()) }
    })
    try {
      // BullMQ's own span of it would say the same once more, and of several turns for none of them.
      await active.run({ context: ROOT_CONTEXT, turn: null }, () => inner.add(traced))
    } catch (error) {
      for (const span of spans) words.fail(span, error)
      throw error
    } finally {
      for (const span of spans) span.end()
    }
  }

  #handover({ batchId, attempt }: Job, from: string): Span {
    const { inner, tracer } = this.#deps
    const [system, destination = system] = inner.name.split(' ')
    const attributes = {
      'messaging.system': system,
      'messaging.destination.name': destination,
      'messaging.operation.type': 'send',
      'messaging.message.id': batchId,
      'rapid_fire.turn.attempt': attempt,
    }
    const options = { kind: SpanKind.PRODUCER, attributes }
    return tracer.startSpan('hand over turn', options, contextAt(from))
  }

  work(handler: JobHandler, concurrency: number): Promise<void> {
    const { inner, tracer, active, words } = this.#deps
    return inner.work((job) => {
      // A queue in memory brings the place itself; in BullMQ's span we are already.
      const from = job.trace === undefined ? active.context : contextAt(job.trace)
      const turn = new TurnSpan(tracer, words, from)
      return active.run({ context: from, turn }, () => spanned(turn, handler(job)))
    }, concurrency)
  }

  depth(): Promise<{ waiting: number; active: number }> {
    return this.#deps.inner.depth()
  }

  stop(deadline: Deadline): Promise<void> {
    return this.#deps.inner.stop(deadline)
  }
}

function withoutTrace({ trace: _, ...job }: Job): Job {
  return job
}

async function spanned(turn: TurnSpan, work: Promise<void>): Promise<void> {
  try {
    await work
    turn.end()
  } catch (error) {
    turn.end(error)
    throw error
  }
}
