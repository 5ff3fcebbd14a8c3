/**
 * One try at a turn as a span, from its job to its settlement, with a link to the span of each of its
 * messages. It is made when the turn is begun, since only then is it known whose it is.
 */
import { type Context, type Span, SpanKind, trace } from '@opentelemetry/api'
import type { EventTable } from '../events/events.ts'
import type { FrugalTracer } from './frugal-tracer.ts'
import { contextAt, readPlace } from './trace-context.ts'
import { SYSTEM, type TraceWords } from './words.ts'

export class TurnSpan {
  readonly #tracer: FrugalTracer
  readonly #words: TraceWords
  readonly #startedAt = Date.now()
  /** Where its job comes from. */
  readonly #from: Context
  #span: Span | null = null

  constructor(tracer: FrugalTracer, words: TraceWords, from: Context) {
    this.#tracer = tracer
    this.#words = words
    this.#from = from
  }

  /** Answers the context of what follows. */
  begin({
    conversation,
    batchId,
    attempt,
    epoch,
    size,
    traces = [],
  }: EventTable['turn.begun']): Context {
    const parent = this.#parent(traces[0])
    // It goes on bearing its place, for whoever is called.
    if (!this.#tracer.keeps(parent)) return parent
    const places = traces.map(readPlace).filter((place) => place !== null)
    const attributes = {
      ...SYSTEM,
      'messaging.operation.type': 'process',
      'messaging.batch.message_count': size,
      'messaging.message.id': batchId,
      ...this.#words.batch(batchId, conversation),
      'rapid_fire.turn.attempt': attempt,
      'rapid_fire.turn.epoch': epoch,
    }
    const span = this.#tracer.startSpan(
      'turn',
      {
        kind: SpanKind.CONSUMER,
        startTime: this.#startedAt,
        attributes,
        links: places.map((context) => ({ context })),
      },
      parent,
    )
    this.#span = span
    const context = trace.setSpan(parent, span)
    this.past('begin turn', Date.now() - this.#startedAt, context)
    return context
  }

  /** Something within it that is over. */
  past(name: string, tookMs: number, context: Context): void {
    if (!this.#tracer.keeps(context)) return
    const endTime = Date.now()
    this.#tracer.startSpan(name, { startTime: endTime - tookMs }, context).end(endTime)
  }

  /** `code`, `sentence`: what went wrong, where something did. */
  ended(outcome: string, code?: string, sentence = ''): void {
    const span = this.#span
    span?.setAttribute('rapid_fire.turn.outcome', outcome)
    if (span && code !== undefined) this.#words.failAs(span, code, sentence)
  }

  note(name: string, sentence?: string): void {
    this.#span?.addEvent(
      name,
      sentence === undefined ? {} : { error: this.#words.sentence(sentence) },
    )
  }

  /** Idempotent. */
  end(error?: unknown): void {
    const span = this.#span
    this.#span = null
    if (span && error !== undefined) this.#words.fail(span, error)
    span?.end()
  }

  /** The trace is that of the first message; a job of another one only brought the turn here. */
  #parent(first: string | undefined): Context {
    const place = first === undefined ? null : readPlace(first)
    const from = trace.getSpanContext(this.#from)
    return place === null || from?.traceId === place.traceId ? this.#from : contextAt(first)
  }
}
