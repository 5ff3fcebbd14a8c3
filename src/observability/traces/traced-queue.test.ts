import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { ConversationKeys } from '../../conversation-key.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import { MemoryQueue } from '../../queue/memory.ts'
import type { Job } from '../../queue/queue.ts'
import { Deadline } from '../../service.ts'
import { Events } from '../events/events.ts'
import { Active } from './active.ts'
import { FrugalTracer } from './frugal-tracer.ts'
import { subscribeTraces } from './heard.ts'
import { queueSpans } from './queue-spans.ts'
import { TracedQueue } from './traced-queue.ts'
import { TraceWords } from './words.ts'

const placeOf = (n: number): string => `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01`
const jobOf = (n: number): Job => ({
  batchId: `b_${n}` as BatchId,
  attempt: 1,
  conversation: `7900123456${n}` as ConversationKey,
  priority: 1,
  data: {},
  trace: placeOf(n),
})

function stage() {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const events = new Events()
  const active = new Active()
  const words = new TraceWords(new ConversationKeys('default'), { phones: 'full', hashSecret: '' })
  const tracer = new FrugalTracer({
    inner: provider.getTracer('test'),
    followsParent: true,
    ceiling: null,
  })
  const deps = { tracer, active, words }
  subscribeTraces(events, deps)
  const queue = new TracedQueue({ inner: new MemoryQueue(events), ...deps })
  return { exporter, events, active, queue, deps }
}

describe('a traced queue', () => {
  it('keeps turns that are handed over at once in their own traces', async () => {
    const { exporter, events, active, queue } = stage()
    const seen = new Map<string, string | undefined>()
    const all = Promise.withResolvers<void>()
    await queue.work(async ({ batchId, attempt, conversation }) => {
      const traces = [placeOf(Number(batchId.slice(2)))]
      events.emit('turn.begun', {
        ...{ batchId, attempt, conversation, epoch: 1, size: 1, tookMs: 1, traces },
      })
      // What it waits for goes on in its own place, whoever else runs meanwhile.
      await new Promise((resolve) => setImmediate(resolve))
      seen.set(batchId, active.headers().traceparent)
      if (seen.size === 3) all.resolve()
    }, 1)
    await queue.add([1, 2, 3].map(jobOf))
    await all.promise
    await queue.stop(new Deadline(1000))
    const spans = exporter.getFinishedSpans()
    for (const n of [1, 2, 3]) {
      const traceId = String(n).repeat(32)
      const own = spans.filter((span) => span.spanContext().traceId === traceId)
      const names = own.map(({ name }) => name).sort()
      assert.deepEqual(names, ['begin turn', 'hand over turn', 'turn'], `of ${n}`)
      const handover = own.find(({ name }) => name === 'hand over turn')
      const turn = own.find(({ name }) => name === 'turn')
      assert.equal(handover?.parentSpanContext?.spanId, String(n).repeat(16))
      assert.equal(turn?.parentSpanContext?.spanId, handover?.spanContext().spanId)
      assert.equal(seen.get(`b_${n}`)?.split('-')[2], turn?.spanContext().spanId)
    }
  })

  it('has the trace of the first message, whatever its job came in', async () => {
    const { exporter, events, queue } = stage()
    await queue.work(async ({ batchId, attempt, conversation }) => {
      const traces = [placeOf(7), placeOf(8)]
      events.emit('turn.begun', {
        batchId,
        attempt,
        conversation,
        epoch: 1,
        size: 2,
        tookMs: 1,
        traces,
      })
    }, 1)
    await queue.add([jobOf(1)])
    await queue.stop(new Deadline(1000))
    const turn = exporter.getFinishedSpans().find(({ name }) => name === 'turn')
    assert.equal(turn?.spanContext().traceId, '7'.repeat(32))
    assert.deepEqual(
      turn?.links.map(({ context }) => context.spanId),
      ['7'.repeat(16), '8'.repeat(16)],
    )
  })
})

describe('BullMQ’s spans', () => {
  it('are those of a turn, without what its words may quote of a person', () => {
    const { exporter, active, deps } = stage()
    const words = new TraceWords(new ConversationKeys('default'), {
      phones: 'masked',
      hashSecret: '',
    })
    const { tracer, contextManager } = queueSpans(deps.tracer, active, words)
    tracer.startSpan('getNextJob', { kind: 0 }).end()
    assert.equal(contextManager.getMetadata(contextManager.active()), '')
    const metadata = JSON.stringify({ traceparent: placeOf(1) })
    const context = contextManager.fromMetadata(contextManager.root(), metadata)
    const span = tracer.startSpan('process', { kind: 4 }, context)
    span.recordException(new Error('no answer for +7 900 123-45-67'))
    span.setAttributes({
      'bullmq.job.failed.reason': 'from 79001234567',
      'bullmq.job.id': undefined,
    })
    const inner = contextManager.with(span.setSpanOnContext(context), () =>
      contextManager.getMetadata(contextManager.active()),
    )
    assert.match(inner, /"00-1{32}-[0-9a-f]{16}-01"/)
    span.end()
    const spans = exporter.getFinishedSpans()
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['process'],
    )
    const told = JSON.stringify([spans[0]?.attributes, spans[0]?.events])
    assert.match(told, /\*\*\*4567/)
    assert.doesNotMatch(told, /79001234567|900 123/)
  })

  it('begin anew where another producer wrote what nobody can read', () => {
    const { active, deps } = stage()
    const { contextManager } = queueSpans(deps.tracer, active, deps.words)
    for (const metadata of ['', '{', '{}', 'null', '{"traceparent":7}', '{"traceparent":"x"}']) {
      const context = contextManager.fromMetadata(contextManager.root(), metadata)
      assert.equal(contextManager.getMetadata(context), '')
    }
  })
})
