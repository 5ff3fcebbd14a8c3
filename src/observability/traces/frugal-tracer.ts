/**
 * A tracer that leaves the library out of traces that are not kept: what stands below such a place is
 * the same place once more. Only where a sampler follows the parent is that known beforehand.
 */
import { randomBytes } from 'node:crypto'
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
import type { Ceiling } from './ceiling.ts'

export interface FrugalTracerOptions {
  readonly inner: Tracer
  readonly followsParent: boolean
  /** The one that its sampler heeds; null: none. */
  readonly ceiling: Ceiling | null
}

export class FrugalTracer {
  readonly #inner: Tracer
  readonly #followsParent: boolean
  readonly #ceiling: Ceiling | null
  /** Of places that nobody keeps: they need to be nobody else's, and no more. */
  readonly #own = randomBytes(12).toString('hex')
  #dropped = 0

  constructor({ inner, followsParent, ceiling }: FrugalTracerOptions) {
    this.#inner = inner
    this.#followsParent = followsParent
    this.#ceiling = ceiling
  }

  /** False where nobody will see what begins there. */
  keeps(context: Context): boolean {
    return this.#droppedAt(context) === null
  }

  /** The same of a place as text. */
  keepsAt(place: string): boolean {
    return !(this.#followsParent && place.endsWith('-00'))
  }

  startSpan(name: string, options: SpanOptions | undefined, context: Context): Span {
    const dropped = this.#droppedAt(context)
    return dropped === null
      ? this.#inner.startSpan(name, options, context)
      : trace.wrapSpanContext(dropped)
  }

  /** The place of a trace for which there is no room; null where there may be. */
  rootWithoutRoom(): string | null {
    if (!this.#followsParent || this.#ceiling === null || this.#ceiling.hasRoom()) return null
    this.#dropped = (this.#dropped + 1) % 0xffff_ffff
    const count = (this.#dropped + 1).toString(16).padStart(8, '0')
    return `00-${this.#own}${count}-${this.#own.slice(0, 8)}${count}-00`
  }

  #droppedAt(context: Context): SpanContext | null {
    if (!this.#followsParent) return null
    const place = trace.getSpanContext(context)
    if (!place || (place.traceFlags & TraceFlags.SAMPLED) !== 0) return null
    return isSpanContextValid(place) ? place : null
  }
}
