/**
 * A place in a trace as text, as the W3C has it: `00-<trace>-<span>-<flags>`. It is what a message
 * bears in the store, a job on the queue, and a call in `traceparent`. Pure.
 */
import { type Context, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api'

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

export function placeText({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

const NOWHERE = /^0+$/

/** Null where nobody can go on from it. */
export function readPlace(text: string): SpanContext | null {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more)) return null
  // Of the flags only one is known: whether the trace is kept.
  const traceFlags = Number.parseInt(flags, 16) & 1
  const place = { traceId, spanId, traceFlags, isRemote: true }
  return NOWHERE.test(traceId) || NOWHERE.test(spanId) ? null : place
}

/** What goes on from there; the root where there is no such place. */
export function contextAt(text: string | null | undefined): Context {
  const place = text ? readPlace(text) : null
  return place ? trace.setSpanContext(ROOT_CONTEXT, place) : ROOT_CONTEXT
}
