/** A call to a webhook as a span: from its first byte to the end of its answer. */
import type { ServerResponse } from 'node:http'
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { FrugalTracer } from './frugal-tracer.ts'
import { contextAt, placeText } from './trace-context.ts'
import type { CallToTrace, CallTraces } from './traces.ts'

export class CallSpans implements CallTraces {
  readonly #tracer: FrugalTracer

  constructor(tracer: FrugalTracer) {
    this.#tracer = tracer
  }

  begin({ method, route, startedAt, parent, response, batchId }: CallToTrace): string {
    const dropped = parent === null ? this.#tracer.rootWithoutRoom() : null
    if (dropped !== null) return dropped
    const attributes = { 'http.request.method': method, 'http.route': route }
    const span = this.#tracer.startSpan(
      `${method} ${route}`,
      { kind: SpanKind.SERVER, startTime: startedAt, attributes },
      contextAt(parent),
    )
    // What is not kept costs nothing further.
    if (span.isRecording()) this.#endWith(span, response, batchId)
    return placeText(span.spanContext())
  }

  #endWith(span: Span, response: ServerResponse, batchId: () => string | null): void {
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
  }
}
