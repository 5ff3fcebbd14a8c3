/**
 * A tracer that leaves the library out of traces that are not kept: what stands below such a place is
 * the same place once more. Only where a sampler follows the parent is that known beforehand.
 */
import {
  type Context,
  isSpanContextValid,
  type Span,
  type SpanContext,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'

export class FrugalTracer {
  readonly #inner: Tracer
  readonly #followsParent: boolean

  constructor(inner: Tracer, followsParent: boolean) {
    this.#inner = inner
    this.#followsParent = followsParent
  }

  /** False where nobody will see what begins there. */
  keeps(context: Context): boolean {
    return this.#dropped(context) === null
  }

  startSpan(name: string, options: SpanOptions | undefined, context: Context): Span {
    const dropped = this.#dropped(context)
    return dropped === null
      ? this.#inner.startSpan(name, options, context)
      : trace.wrapSpanContext(dropped)
  }

  #dropped(context: Context): SpanContext | null {
    if (!this.#followsParent) return null
    const place = trace.getSpanContext(context)
    if (!place || (place.traceFlags & TraceFlags.SAMPLED) !== 0) return null
    return isSpanContextValid(place) ? place : null
  }
}
