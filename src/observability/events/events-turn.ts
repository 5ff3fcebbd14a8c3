/** Events of a turn, from its job until its last part has reached the person. */
import type { ErrorCode } from '../../errors.ts'
import type { BatchId } from '../../message.ts'
import { BATCH, ERROR, type EventSpec, fact, maybe } from './event-spec.ts'

const PART = { ...BATCH, index: fact<number>('which part, from 0 on') } as const

/** Text that is shown where the service runs; kept out of every log line by its type. */
export interface PrintedPart {
  readonly partId: string
  readonly text: string
}

export const TURN_EVENTS = {
  'turn.begun': {
    by: 'worker',
    when: 'A worker has a turn.',
    measures: { size: 'messages', tookMs: 'ms' },
    facts: {
      ...BATCH,
      attempt: fact<number>('which handover, from 1 on'),
      epoch: fact<number>('which start, from 1 on'),
      traces: maybe<readonly string[]>('the places of its messages, where traces are on'),
    },
  },
  'turn.refused': {
    by: 'worker',
    when: 'A job has nothing to do: its turn is settled, or another worker has it.',
    facts: { ...BATCH, outcome: fact<string>('what the store said') },
  },
  'turn.drafted': {
    by: 'worker',
    when: 'The responder has answered, and the answer is stored.',
    measures: { parts: 'parts', tookMs: 'ms' },
    facts: BATCH,
  },
  'turn.fenced': {
    by: 'worker',
    when: 'Another worker has the turn: this one sends no more.',
    facts: { ...BATCH, epoch: fact<number>('the start that is over') },
  },
  'turn.settled': {
    by: 'worker',
    when: 'The store has written down how a try at a turn ended; never logged.',
    measures: { tookMs: 'ms' },
    facts: { ...BATCH, outcome: fact<string>('what the store said') },
  },
  'turn.answered': {
    by: 'worker',
    when: 'All parts were sent, and the turn is settled.',
    measures: { size: 'messages', parts: 'parts', sinceLastMs: 'ms' },
    facts: BATCH,
  },
  'turn.retrying': {
    by: 'worker',
    when: 'The responder or the provider failed; it is tried again.',
    measures: { afterMs: 'ms' },
    facts: { ...BATCH, code: fact<ErrorCode>('what failed'), ...ERROR },
  },
  'turn.givenBack': {
    by: 'worker',
    when: 'The worker stops before the answer was sent; another goes on with it.',
    facts: BATCH,
  },
  'turn.interrupted': {
    by: 'worker',
    when: 'A newer message came before the first part: both are answered together.',
    measures: { times: 'times' },
    facts: BATCH,
  },
  'turn.postponed': {
    by: 'worker',
    when: 'A limit is reached; it costs the turn no try.',
    measures: { forMs: 'ms' },
    facts: {
      ...BATCH,
      limit: fact<'tenant' | 'responder' | 'failures' | 'pace'>('which limit'),
    },
  },
  'turn.parked': {
    by: 'worker',
    when: 'The backend said that its answer comes by callback.',
    measures: { forMs: 'ms' },
    facts: BATCH,
  },
  'turn.answeredLater': {
    by: 'api',
    when: 'The answer came by callback.',
    measures: { parts: 'parts' },
    facts: { batchId: fact<BatchId>('which batch') },
  },
  'turn.failed': {
    by: 'worker',
    when: 'A turn is given up and kept as failed.',
    facts: {
      ...BATCH,
      reason: fact<string>('why'),
      error: maybe<string>('what was said by whoever could not go on'),
    },
  },
  'part.sending': { by: 'worker', when: 'A part goes to its provider.', facts: PART },
  'part.taken': {
    by: 'worker',
    when: 'The provider took a part, and the store has not been told yet; never logged.',
    measures: { tookMs: 'ms' },
    facts: PART,
  },
  'part.sent': { by: 'worker', when: 'The store knows that a part was sent.', facts: PART },
  'part.skipped': {
    by: 'worker',
    when: 'A part may have reached the person, and is not sent again.',
    facts: PART,
  },
  'part.uncertain': {
    by: 'worker',
    when: 'A part was in the air when its worker died or gave up waiting.',
    measures: { tookMs: 'ms' },
    facts: {
      ...PART,
      policy: fact<'resend' | 'skip' | 'reconcile'>('what ON_UNCERTAIN says'),
      found: fact<'arrived' | 'absent' | 'unknown' | null>(
        'what could be had of its provider; null = nobody was to ask',
      ),
      decided: fact<'sent' | 'resend' | 'skip'>('what became of it'),
      error: maybe<string>('why its provider could not be asked'),
    },
  },
  'part.arrived': {
    by: 'api',
    when: 'The provider says that a part arrived before its worker does, or instead.',
    facts: { ...PART, by: fact<'status' | 'echo'>('how it said so') },
  },
  'apology.sent': {
    by: 'worker',
    when: 'A person was told that no answer could be given.',
    facts: BATCH,
  },
  'apology.failed': {
    by: 'worker',
    when: 'A person could not even be told that.',
    facts: { ...BATCH, ...ERROR },
  },
  'typing.failed': {
    by: 'worker',
    when: 'The provider did not show that an answer is being written.',
    facts: { ...BATCH, ...ERROR },
  },
  'voice.notTranscribed': {
    by: 'worker',
    when: 'A voice message could not be turned into text; the rest is answered.',
    facts: { ...BATCH, ...ERROR },
  },
  'history.missing': {
    by: 'worker',
    when: 'An answer is made without what was said before.',
    facts: { ...BATCH, ...ERROR },
  },
  'rate.missing': {
    by: 'worker',
    when: 'A limit cannot be asked for: turns go on without it.',
    facts: ERROR,
  },
  'reply.printed': {
    by: 'worker',
    when: 'A channel that sends to nobody shows a part; for the terminal, never logged.',
    facts: { to: fact<string>('the address'), part: fact<PrintedPart>('what was written') },
  },
} as const satisfies Record<string, EventSpec>
