/**
 * BullMQ's own spans, in the traces of our turns: what it does for a job is in its turn's trace, what
 * it does for none (an idle worker asks for a job every second) is not recorded.
 */
import { type Context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import { messageOf } from '../../errors.ts'
import type { QueueSpan, QueueTelemetry } from '../../queue/queue-telemetry.ts'
import type { Active } from './active.ts'
import type { FrugalTracer } from './frugal-tracer.ts'
import { contextAt, placeText } from './trace-context.ts'
import type { TraceWords } from './words.ts'

export function queueSpans(
  tracer: FrugalTracer,
  active: Active,
  words: TraceWords,
): QueueTelemetry {
  return {
    tracer: {
      startSpan(name, options, given) {
        const context = (given as Context | undefined) ?? active.context
        const isOurs = trace.getSpanContext(context) !== undefined && tracer.keeps(context)
        return isOurs ? asQueueSpan(tracer.startSpan(name, options, context), words) : NONE
      },
    },
    contextManager: {
      with: (context, work) =>
        context === active.context ? work() : active.at(context as Context, work),
      active: () => active.context,
      root: () => ROOT_CONTEXT,
      getMetadata(context) {
        const place = trace.getSpanContext(context as Context)
        return place ? JSON.stringify({ traceparent: placeText(place) }) : ''
      },
      fromMetadata: (_, metadata) => contextAt(placeIn(metadata)),
    },
  }
}

/** What a producer wrote beside its job; others than ours may write anything. */
function placeIn(metadata: string): string | null {
  try {
    const { traceparent } = JSON.parse(metadata) as { traceparent?: unknown }
    return typeof traceparent === 'string' ? traceparent : null
  } catch {
    return null
  }
}

const NONE: QueueSpan = {
  setSpanOnContext: (context) => context,
  setAttribute: () => {},
  setAttributes: () => {},
  addEvent: () => {},
  recordException: () => {},
  end: () => {},
}

function asQueueSpan(span: Span, words: TraceWords): QueueSpan {
  const said = (value: unknown): never =>
    (typeof value === 'string' ? words.sentence(value) : value) as never
  const allSaid = (values: Readonly<Record<string, unknown>> = {}): Record<string, never> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, said(value)]))
  return {
    setSpanOnContext: (context) => trace.setSpan(context as Context, span),
    setAttribute: (name, value) => void span.setAttribute(name, said(value)),
    setAttributes: (values) => void span.setAttributes(allSaid(values)),
    addEvent: (name, values) => void span.addEvent(name, allSaid(values)),
    // Without its stack, and no phone in its sentence.
    recordException: (error) => void span.recordException(words.sentence(messageOf(error))),
    end: () => span.end(),
  }
}
