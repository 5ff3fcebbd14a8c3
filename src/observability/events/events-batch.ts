/** Events of a batch, from the last second of its window until the queue has it. */
import type { SealCause } from '../../message.ts'
import { BATCH, ERROR, type EventSpec, fact, maybe, WHO } from './event-spec.ts'

export const BATCH_EVENTS = {
  'processor.looked': {
    by: 'processor',
    when: 'One look at the store is over; never logged.',
    measures: { open: 'batches', turns: 'batches', sealMs: 'ms' },
  },
  'batch.approaching': {
    by: 'processor',
    when: 'A batch is in the last second of its window.',
    measures: { size: 'messages', idleMs: 'ms', dueInMs: 'ms' },
    facts: BATCH,
  },
  'batch.sealed': {
    by: 'processor',
    when: 'A batch is closed: later messages belong to the next one.',
    measures: {
      ...{ size: 'messages', idleMs: 'ms', openMs: 'ms' },
      ...{ latenessMs: 'ms' },
    },
    facts: {
      ...BATCH,
      cause: fact<SealCause>('which rule closed it'),
      trace: maybe<string>('the place of its first message in a trace, where traces are on'),
    },
  },
  'batch.quiet': {
    by: 'processor',
    when: 'A batch had reactions and stickers alone, and gets no answer.',
    measures: { size: 'messages' },
    facts: BATCH,
  },
  'batches.enqueued': {
    by: 'processor',
    when: 'The queue has them, and the store has not been told yet.',
    measures: { batches: 'batches', tookMs: 'ms' },
  },
  'batch.handedOver': {
    by: 'processor',
    when: 'The queue has a turn, and the store knows it.',
    measures: { size: 'messages', idleMs: 'ms' },
    facts: { ...BATCH, attempt: fact<number>('from 1 on') },
  },
  'batch.handoverFailed': {
    by: 'processor',
    when: 'The queue refused turns; they are handed over again.',
    measures: { batches: 'batches' },
    facts: ERROR,
  },
  'batch.reclaimed': {
    by: 'processor',
    when: 'A turn was not settled in time: it is handed over again.',
    facts: { ...BATCH, attempt: fact<number>('from 2 on') },
  },
  'batch.sealFailed': {
    by: 'processor',
    when: 'One batch could not be sealed; it stays in the store.',
    facts: { ...BATCH, ...ERROR },
  },
  'batch.discarded': {
    by: 'api',
    when: 'Somebody dropped an open batch.',
    measures: { messages: 'messages' },
    facts: WHO,
  },
  'batches.adopted': {
    by: 'processor',
    when: 'Lists that another program wrote became batches of ours.',
    measures: { count: 'batches' },
  },
} as const satisfies Record<string, EventSpec>
