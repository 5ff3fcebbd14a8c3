/**
 * OpenTelemetry behind `traces.ts`. Loaded when traces are on, and then alone.
 *
 * Nothing is registered globally: what an owner's own module has of OpenTelemetry stays as it is, and
 * two gateways in one process have two of these.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { Senders } from '../../channels/senders.ts'
import type { ConversationKeys } from '../../conversation-key.ts'
import type { MessageQueue } from '../../queue/queue.ts'
import type { Responder } from '../../responders/responder.ts'
import { Deadline } from '../../service.ts'
import { VERSION } from '../../version.ts'
import type { Events } from '../events/events.ts'
import type { Redaction } from '../redact.ts'
import { Active } from './active.ts'
import { CallSpans } from './call-spans.ts'
import { Ceiling, CeilingSampler } from './ceiling.ts'
import { ToldExporter } from './exporter.ts'
import { TracedSenders, tracedResponder } from './far-calls.ts'
import { FrugalTracer } from './frugal-tracer.ts'
import { subscribeTraces } from './heard.ts'
import { queueSpans } from './queue-spans.ts'
import { TracedQueue } from './traced-queue.ts'
import type { Traces } from './traces.ts'
import { TraceWords } from './words.ts'

export interface TraceOptions {
  /** Where spans go, whole. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly service: string
  /** What the owner says of this process besides. */
  readonly resource: Readonly<Record<string, string>>
  readonly sampler: SamplerName
  /** Which part of all traces is kept, where the sampler asks. */
  readonly ratio: number
  /** How many that begin here are kept, at most; null: all of them. */
  readonly perSecond: number | null
  readonly roles: readonly string[]
  readonly redaction: Redaction
  readonly keys: ConversationKeys
  readonly events: Events
}

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio'

/** Spans that wait; what is more is dropped. */
const MAX_WAITING = 4096
const DELIVER_EVERY_MS = 1000
/** A collector that hangs is not waited for at a stop. */
const LAST_DELIVERY_MS = 2000

export function openTraces(options: TraceOptions): Traces {
  const { redaction, keys, events } = options
  const { sampler, perSecond } = options
  const ceiling = perSecond === null ? null : new Ceiling(perSecond)
  const provider = createProvider(options, ceiling)
  const tracer = new FrugalTracer({
    inner: provider.getTracer('rapid-fire', VERSION),
    followsParent: sampler.startsWith('parentbased_'),
    ceiling,
  })
  const active = new Active()
  const words = new TraceWords(keys, redaction)
  const deps = { tracer, active, words }
  let unsubscribe = (): void => {}
  return {
    calls: new CallSpans(tracer),
    headers: active.headers,
    telemetry: queueSpans(tracer, active, words),
    queue: (inner: MessageQueue) => new TracedQueue({ inner, ...deps }),
    responder: (inner: Responder) => tracedResponder(inner, deps),
    senders: (inner: Senders) => new TracedSenders(inner, deps),
    async start() {
      unsubscribe = subscribeTraces(events, deps)
    },
    async stop(deadline) {
      unsubscribe()
      const patience = new Deadline(Math.min(LAST_DELIVERY_MS, deadline.remainingMs()))
      // What cannot be delivered has been told.
      await patience.race(provider.shutdown().catch(() => {}))
    },
  }
}

function createProvider(options: TraceOptions, ceiling: Ceiling | null): BasicTracerProvider {
  const { url, headers, service, resource, roles, events } = options
  return new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'rapid-fire',
      'service.version': VERSION,
      'service.instance.id': randomUUID(),
      'host.name': hostname(),
      'process.pid': process.pid,
      'rapid_fire.roles': [...roles],
      ...resource,
      'service.name': service,
    }),
    sampler: samplerOf(options, ceiling),
    // As many as a batch may have messages.
    spanLimits: { linkCountLimit: 500 },
    spanProcessors: [
      new BatchSpanProcessor(new ToldExporter({ url, headers, events }), {
        maxQueueSize: MAX_WAITING,
        scheduledDelayMillis: DELIVER_EVERY_MS,
      }),
    ],
  })
}

function samplerOf({ sampler, ratio }: TraceOptions, ceiling: Ceiling | null): Sampler {
  const named = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }[sampler.replace('parentbased_', '') as 'always_on' | 'always_off' | 'traceidratio']()
  const root = ceiling === null ? named : new CeilingSampler(named, ceiling)
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}
