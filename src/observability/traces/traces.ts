/**
 * Traces as the rest of the service knows them: what is put around its parts, and nothing where
 * traces are off. The libraries behind it are loaded by `trace-choice.ts` when an endpoint is set.
 */
import type { ServerResponse } from 'node:http'
import type { Senders } from '../../channels/senders.ts'
import type { MessageQueue } from '../../queue/queue.ts'
import type { QueueTelemetry } from '../../queue/queue-telemetry.ts'
import type { Responder } from '../../responders/responder.ts'
import type { Service } from '../../service.ts'
import { NO_TRACE_HEADERS, type TraceHeaders } from '../../trace-headers.ts'

/** A call that was let in. */
export interface CallToTrace {
  readonly method: string
  /** As it is declared, so that all calls of one kind have one name. */
  readonly route: string
  /** Ms since 1970. */
  readonly startedAt: number
  /** Its `traceparent`; null unless its signature was right. */
  readonly parent: string | null
  /** Its end is the end of the span. */
  readonly response: ServerResponse
  /** Asked then: where what it brought is, if that is one batch. */
  readonly batchId: () => string | null
}

export interface CallTraces {
  /** Answers what the messages of the call bear; null when traces are off. */
  begin(call: CallToTrace): string | null
}

export interface Traces extends Service {
  readonly calls: CallTraces
  /** Of the span that whoever asks is in. */
  readonly headers: TraceHeaders
  readonly telemetry: QueueTelemetry | null
  queue(inner: MessageQueue): MessageQueue
  responder(inner: Responder): Responder
  senders(inner: Senders): Senders
}

export const NO_CALL_TRACES: CallTraces = { begin: () => null }

export const NO_TRACES: Traces = {
  calls: NO_CALL_TRACES,
  headers: NO_TRACE_HEADERS,
  telemetry: null,
  queue: (inner) => inner,
  responder: (inner) => inner,
  senders: (inner) => inner,
  start: async () => {},
  stop: async () => {},
}
