/** A call that was let in begins its span; what it brings bears the place of it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type CallTraces, NO_CALL_TRACES } from '../observability/traces/traces.ts'

/** Null when traces are off. `isSigned`: whose calls anybody could make begin traces of their own. */
export function traceCall(
  request: FastifyRequest,
  reply: FastifyReply,
  isSigned: boolean,
  calls: CallTraces,
): string | null {
  if (calls === NO_CALL_TRACES) return null
  const { method, headers, routeOptions } = request
  const given = headers.traceparent
  return calls.begin({
    method,
    route: routeOptions.url ?? '',
    startedAt: Date.now() - reply.elapsedTime,
    parent: isSigned && typeof given === 'string' ? given : null,
    response: reply.raw,
    batchId: () => String(reply.getHeader('x-batch-id') ?? '') || null,
  })
}
