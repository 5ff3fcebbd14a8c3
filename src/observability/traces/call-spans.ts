/** A call to a webhook as a span: from its first byte to the end of its answer. */
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { contextAt, placeText } from './trace-context.ts'
import type { CallToTrace, CallTraces } from './traces.ts'

export class CallSpans implements CallTraces {
  readonly #tracer: Tracer

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  begin({ method, route, startedAt, parent, response, batchId }: CallToTrace): string {
    const attributes = { 'http.request.method': method, 'http.route': route }
    const span = this.#tracer.startSpan(
      `${method} ${route}`,
      { kind: SpanKind.SERVER, startTime: startedAt, attributes },
      contextAt(parent),
    )
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode)
      const id = batchId()
      if (id !== null) span.setAttribute('rapid_fire.batch.id', id)
      // A refusal is the caller's fault, and no error of ours.
      if (response.statusCode >= 500) {
        span.setAttribute('error.type', String(response.statusCode))
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    })
    return placeText(span.spanContext())
  }
}
