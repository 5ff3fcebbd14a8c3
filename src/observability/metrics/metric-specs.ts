/**
 * The table of metrics, as Prometheus has them: base units in the names, few labels, and no person in
 * any of them. What moves each is in `metrics-of-events.ts` and `metrics-of-now.ts`.
 */
import { DAMAGES } from '../../batching/store-examine.ts'
import type { SealCause } from '../../message.ts'

export type MetricKind = 'counter' | 'gauge' | 'histogram'

export interface MetricSpec {
  readonly kind: MetricKind
  readonly help: string
  /** Values where they are known beforehand, so that a series is there from the start; else null. */
  readonly labels: Readonly<Record<string, readonly string[] | null>>
  readonly buckets?: readonly number[]
}

type Labels = Readonly<Record<string, readonly string[] | null>>

const counter = <const L extends Labels>(help: string, labels: L) =>
  ({ kind: 'counter', help, labels }) as const
const gauge = <const L extends Labels>(help: string, labels: L) =>
  ({ kind: 'gauge', help, labels }) as const
const histogram = <const L extends Labels>(help: string, buckets: readonly number[], labels: L) =>
  ({ kind: 'histogram', help, labels, buckets }) as const

const NONE = {} as const
/** Those of the settings are known; a tenant is a customer, never a person. */
const TENANT = { tenant: null } as const

const SIZES = [1, 2, 3, 4, 5, 7, 10, 15, 20, 50]
const CALLS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const LATENESS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30]
const WAITS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300]
const ANSWERS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120]
const WHOLE = [1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 600]

const CAUSES: readonly SealCause[] = ['idle', 'full', 'age', 'flush', 'clock']

const TURN_OUTCOMES = [
  ...(['answered', 'failed', 'retried', 'interrupted', 'postponed', 'parked'] as const),
  ...(['given_back', 'fenced', 'quiet', 'human'] as const),
] as const

export const METRICS = {
  rapid_fire_messages_accepted_total: counter('Messages that were stored.', TENANT),
  rapid_fire_messages_duplicate_total: counter(
    'Messages that were there already, and had no effect.',
    TENANT,
  ),
  rapid_fire_messages_rejected_total: counter('Messages that were refused.', { code: null }),
  rapid_fire_messages_set_aside_total: counter(
    'Messages that came too late to be answered unasked, kept as failed.',
    { ...TENANT, reason: ['late', 'stale'] },
  ),
  rapid_fire_messages_unreadable_total: counter(
    'Elements of a batch that could not be read and were kept aside.',
    NONE,
  ),
  rapid_fire_messages_spooled_total: counter(
    'Messages that were kept on this machine while the store took none.',
    NONE,
  ),
  rapid_fire_append_duration_seconds: histogram(
    'How long the store took for the messages of one conversation in a call.',
    CALLS,
    NONE,
  ),

  rapid_fire_batches_sealed_total: counter('Batches that were closed.', {
    ...TENANT,
    cause: CAUSES,
  }),
  rapid_fire_batch_size_messages: histogram('Messages in a sealed batch.', SIZES, TENANT),
  rapid_fire_batch_idle_seconds: histogram(
    'From the last message of a batch to its seal.',
    WAITS,
    TENANT,
  ),
  rapid_fire_batch_open_seconds: histogram(
    'From the first message of a batch to its seal.',
    WAITS,
    TENANT,
  ),
  rapid_fire_seal_lateness_seconds: histogram(
    'How long after its deadline a batch was sealed.',
    LATENESS,
    NONE,
  ),
  rapid_fire_seal_duration_seconds: histogram(
    'How long the store took to seal a page of batches.',
    CALLS,
    NONE,
  ),
  rapid_fire_seals_failed_total: counter(
    'Batches that could not be sealed; they stay in the store.',
    NONE,
  ),
  rapid_fire_batches_discarded_total: counter('Open batches that somebody dropped.', TENANT),
  rapid_fire_batches_adopted_total: counter('Batches of another program taken on.', NONE),

  rapid_fire_handovers_total: counter('Turns that the queue took.', TENANT),
  rapid_fire_handover_duration_seconds: histogram(
    'How long the queue took for a page of turns.',
    CALLS,
    NONE,
  ),
  rapid_fire_handovers_refused_total: counter(
    'Turns that the queue refused; they are handed over again.',
    NONE,
  ),
  rapid_fire_handovers_again_total: counter(
    'Turns that were handed over again: a dead or silent worker, a lost job, or a retry.',
    NONE,
  ),
  rapid_fire_begin_duration_seconds: histogram(
    'How long the store took to give a turn to a worker.',
    CALLS,
    NONE,
  ),

  rapid_fire_answer_duration_seconds: histogram(
    'From the question to the responder until its answer is stored.',
    ANSWERS,
    TENANT,
  ),
  rapid_fire_send_duration_seconds: histogram(
    'How long a provider took for one part.',
    ANSWERS,
    NONE,
  ),
  rapid_fire_reply_seconds: histogram(
    'From the last message of the person to the end of the reply.',
    WHOLE,
    TENANT,
  ),
  rapid_fire_turns_total: counter('Turns by how they ended, or why they went on later.', {
    ...TENANT,
    outcome: TURN_OUTCOMES,
  }),
  rapid_fire_turn_failures_total: counter('Turns that were given up, by reason.', { reason: null }),
  rapid_fire_errors_total: counter(
    'Failures of the responder, of a provider or of ours, by code.',
    { code: null },
  ),
  rapid_fire_parts_total: counter('Parts of replies, by what became of them.', {
    outcome: ['sent', 'skipped', 'sent_again', 'found_sent', 'undelivered'],
  }),
  rapid_fire_apologies_total: counter('People who were told that no answer could be given.', {
    outcome: ['sent', 'failed'],
  }),
  rapid_fire_holds_total: counter('How often the bot was silenced in a conversation.', {
    why: ['human', 'paused', 'stopped'],
  }),
  rapid_fire_repairs_total: counter('Damage in the store that was put right, by kind.', {
    what: Object.keys(DAMAGES),
  }),
  rapid_fire_store_outages_total: counter('How often the store was away from this process.', NONE),

  rapid_fire_pending_batches: gauge(
    'Open batches; read from the store, the same everywhere.',
    NONE,
  ),
  rapid_fire_turns_in_flight: gauge('Turns that are sealed and not settled.', NONE),
  rapid_fire_oldest_pending_age_seconds: gauge(
    'Since the first message of the batch that is due first; 0 = none.',
    NONE,
  ),
  rapid_fire_overdue_seconds: gauge(
    'For how long the batch that is due first has been due; grows when nobody seals.',
    NONE,
  ),
  rapid_fire_failed_batches: gauge('Batches that wait for somebody to retry or drop them.', NONE),
  rapid_fire_held_conversations: gauge('Conversations in which the bot is silent.', NONE),
  rapid_fire_messages: gauge('The books, in messages, by account.', {
    account: ['accepted', 'answered', 'failed', 'discarded', 'revoked', 'open'],
  }),
  rapid_fire_messages_unbalanced: gauge(
    'What the books are off by: accepted less all others. Anything but 0 is a loss or a double.',
    NONE,
  ),
  rapid_fire_queue_jobs: gauge('Jobs of the queue.', { state: ['waiting', 'active'] }),
  rapid_fire_spool_messages: gauge('Messages in the spool of this process.', NONE),
  rapid_fire_spool_bytes: gauge('Size of the spool of this process.', NONE),
  rapid_fire_spool_oldest_age_seconds: gauge('Age of the oldest message in it; 0 = empty.', NONE),
  rapid_fire_roles: gauge('Processes that are alive on the store of this one.', {
    role: ['api', 'processor', 'worker', 'standIn'],
  }),
  rapid_fire_role_problems: gauge(
    'Roles that are missing on this store or have other settings, as /health names them.',
    NONE,
  ),
  rapid_fire_store_up: gauge('1 when the store answered this scrape.', NONE),
  rapid_fire_store_round_trip_seconds: gauge('How long it took to answer.', NONE),
  rapid_fire_store_memory_bytes: gauge('Memory of Redis that is used.', NONE),
  rapid_fire_store_memory_limit_bytes: gauge('Its maxmemory; not there when it has none.', NONE),
  rapid_fire_build_info: gauge('Always 1; the version is in the label.', { version: null }),
} as const satisfies Record<string, MetricSpec>

export type MetricName = keyof typeof METRICS
type OfKind<Kind extends MetricKind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never
}[MetricName]
export type CounterName = OfKind<'counter'>
export type GaugeName = OfKind<'gauge'>
export type HistogramName = OfKind<'histogram'>

/** The values that a metric has to be given for its labels. */
export type LabelsOf<Name extends MetricName> = {
  readonly [Label in keyof (typeof METRICS)[Name]['labels']]: string
}
