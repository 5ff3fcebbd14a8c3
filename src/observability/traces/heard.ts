/** What events tell of batches and turns, as spans. */
import type { EventName, Events, EventTable } from '../events/events.ts'
import type { Active } from './active.ts'
import type { FrugalTracer } from './frugal-tracer.ts'
import { contextAt } from './trace-context.ts'
import type { TraceWords } from './words.ts'

type Heard = { readonly [Name in EventName]?: (event: EventTable[Name]) => void }

export interface HeardDeps {
  readonly tracer: FrugalTracer
  readonly active: Active
  readonly words: TraceWords
}

/** The answer ends it. */
export function subscribeTraces(events: Events, deps: HeardDeps): () => void {
  const heard: Heard = { ...batches(deps), ...turns(deps) }
  return events.subscribe((name, event) => heard[name]?.(event as never))
}

function batches({ tracer, words }: HeardDeps): Heard {
  return {
    // The time in which a batch was open: it begins with its first message.
    'batch.sealed'({ conversation, batchId, size, openMs, latenessMs, cause, trace }) {
      // Whom nobody traced begins a trace when it is answered.
      if (trace === undefined || !tracer.keepsAt(trace)) return
      const endTime = Date.now()
      const attributes = {
        'messaging.batch.message_count': size,
        ...words.batch(batchId, conversation),
        'rapid_fire.batch.cause': cause,
        'rapid_fire.batch.lateness_ms': latenessMs,
      }
      const options = { startTime: endTime - openMs, attributes }
      tracer.startSpan('collect batch', options, contextAt(trace)).end(endTime)
    },
  }
}

function turns({ active }: HeardDeps): Heard {
  const ended = (outcome: string, code?: string, error?: string): void =>
    active.scope?.turn?.ended(outcome, code, error)
  const note = (name: string) => (event: object) =>
    active.scope?.turn?.note(name, 'error' in event ? String(event.error) : undefined)
  return {
    'turn.begun'(event) {
      const { scope } = active
      if (scope?.turn) scope.context = scope.turn.begin(event)
    },
    'turn.settled': ({ tookMs }) => active.scope?.turn?.past('settle turn', tookMs, active.context),
    'turn.answered': () => ended('answered'),
    'turn.retrying': ({ code, error }) => ended('retry', code, error),
    'turn.failed': ({ reason, error }) => ended('failed', reason, error),
    'turn.givenBack': () => ended('given back'),
    'turn.interrupted': () => ended('interrupted'),
    'turn.postponed': () => ended('postponed'),
    'turn.parked': () => ended('parked'),
    'turn.fenced': () => ended('fenced'),
    'part.uncertain': note('part.uncertain'),
    'part.skipped': note('part.skipped'),
    'apology.sent': note('apology.sent'),
    'apology.failed': note('apology.failed'),
    'typing.failed': note('typing.failed'),
    'voice.notTranscribed': note('voice.notTranscribed'),
    'history.missing': note('history.missing'),
  }
}
