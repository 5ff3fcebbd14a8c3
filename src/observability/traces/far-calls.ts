/** Asking the responder and sending a part, each a span whose place goes along with the call. */
import { type Attributes, type Span, SpanKind, trace } from '@opentelemetry/api'
import type { Sender } from '../../channels/channel.ts'
import type { Senders } from '../../channels/senders.ts'
import type { Responder } from '../../responders/responder.ts'
import type { Active } from './active.ts'
import type { FrugalTracer } from './frugal-tracer.ts'
import type { TraceWords } from './words.ts'

export interface FarCallDeps {
  readonly tracer: FrugalTracer
  readonly active: Active
  readonly words: TraceWords
}

export function tracedResponder(inner: Responder, deps: FarCallDeps): Responder {
  return {
    name: inner.name,
    respond: (turn, signal) => {
      const attributes = { 'rapid_fire.responder': inner.name }
      return far('ask responder', attributes, deps, () => inner.respond(turn, signal), signal)
    },
  }
}

export class TracedSenders implements Senders {
  readonly #inner: Senders
  readonly #deps: FarCallDeps
  readonly #traced = new Map<Sender, Sender>()

  constructor(inner: Senders, deps: FarCallDeps) {
    this.#inner = inner
    this.#deps = deps
  }

  of(who: Parameters<Senders['of']>[0]): Sender {
    const sender = this.#inner.of(who)
    let traced = this.#traced.get(sender)
    if (!traced) {
      traced = tracedSender(sender, this.#deps)
      this.#traced.set(sender, traced)
    }
    return traced
  }
}

function tracedSender(inner: Sender, deps: FarCallDeps): Sender {
  const { name, limits, proofs } = inner
  return {
    name,
    limits,
    ...(proofs && { proofs }),
    ...(inner.find && { find: (part, signal) => inner.find?.(part, signal) as never }),
    ...(inner.typing && { typing: (heard, signal) => inner.typing?.(heard, signal) as never }),
    send: (part, signal) => {
      const index = Number(part.partId.split('.').at(-1))
      const attributes = {
        'messaging.system': name,
        'messaging.operation.type': 'send',
        'messaging.message.id': part.partId,
        ...(Number.isInteger(index) && { 'rapid_fire.part.index': index }),
      }
      return far('send part', attributes, deps, () => inner.send(part, signal), signal)
    },
  }
}

async function far<Outcome>(
  name: string,
  attributes: Attributes,
  { tracer, active, words }: FarCallDeps,
  work: () => Promise<Outcome>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { context } = active
  if (!tracer.keeps(context)) return await work()
  const span: Span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context)
  // Nobody waits any more for one that ignores its signal.
  const onAbort = (): void => {
    words.fail(span, signal.reason)
    span.end()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await active.at(trace.setSpan(context, span), work)
  } catch (error) {
    if (span.isRecording()) words.fail(span, error)
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    if (span.isRecording()) span.end()
  }
}
