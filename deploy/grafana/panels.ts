/**
 * What the dashboard shows, as a table. What every process reads from the shared store is the same
 * everywhere, so it is taken once (`max`); what a process counted by itself is summed.
 */

export interface QuerySpec {
  readonly expr: string
  readonly legend: string
  /** Why it has no data in a system where all is well; left out where it always has some. */
  readonly empty?: string
}

/** From where on a figure is orange, and red; red below orange: less is worse. */
export interface Limits {
  readonly warn?: number
  readonly bad: number
}

export interface PanelSpec {
  readonly kind: 'stat' | 'graph'
  readonly title: string
  readonly description: string
  /** As Grafana names it. */
  readonly unit: string
  readonly queries: readonly QuerySpec[]
  readonly limits?: Limits
  readonly min?: number
  readonly isStacked?: boolean
  /** Shown where there is no data. */
  readonly none?: string
}

export interface RowSpec {
  readonly title: string
  readonly panels: readonly PanelSpec[]
}

export interface VariableSpec {
  readonly name: string
  readonly label: string
  readonly query: string
}

export interface BoardSpec {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly variables: readonly VariableSpec[]
  readonly rows: readonly RowSpec[]
}

/** Of the tenants that were chosen. */
const TENANT = '{tenant=~"$tenant"}'
const WINDOW = '[$__rate_interval]'

const now = (title: string, unit: string, description: string, more: StatMore): PanelSpec => {
  const { expr, legend = title, empty, ...rest } = more
  const query = { expr, legend, ...(empty !== undefined && { empty }) }
  return { kind: 'stat', title, unit, description, queries: [query], ...rest }
}
type StatMore = Omit<QuerySpec, 'legend'> &
  Partial<Pick<QuerySpec, 'legend'>> &
  Pick<PanelSpec, 'limits' | 'none'>

const graph = (
  title: string,
  unit: string,
  description: string,
  queries: readonly QuerySpec[],
  more: Pick<PanelSpec, 'isStacked' | 'none'> = {},
): PanelSpec => ({ kind: 'graph', title, unit, description, queries, min: 0, ...more })

/** How long the slowest of so many parts took. */
function quantiles(
  metric: string,
  shares: readonly number[],
  { labels = '', name = '', empty }: { labels?: string; name?: string; empty?: string } = {},
): QuerySpec[] {
  return shares.map((share) => ({
    expr: `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket${labels}${WINDOW})))`,
    legend: `${name}${name && ' '}p${share * 100}`,
    ...(empty !== undefined && { empty }),
  }))
}

const rateOf = (metric: string, legend: string, labels = ''): QuerySpec => ({
  expr: `sum(rate(${metric}${labels}${WINDOW}))`,
  legend,
})

const rateBy = (metric: string, label: string, labels = '', empty?: string): QuerySpec => ({
  expr: `sum by (${label}) (rate(${metric}${labels}${WINDOW}))`,
  legend: `{{${label}}}`,
  ...(empty !== undefined && { empty }),
})

const NOW: RowSpec = {
  title: 'Now',
  panels: [
    now(
      'Open batches',
      'short',
      'Batches that people are still writing, or that wait for a turn.',
      {
        expr: 'max(rapid_fire_pending_batches)',
      },
    ),
    now('Turns in flight', 'short', 'Sealed and not settled: on the queue, or being answered.', {
      expr: 'max(rapid_fire_turns_in_flight)',
    }),
    now('Overdue', 's', 'For how long the batch that is due first has been due.', {
      expr: 'max(rapid_fire_overdue_seconds)',
      limits: { warn: 5, bad: 30 },
    }),
    now('Failed batches', 'short', 'They wait for somebody: npx rapid-fire failed.', {
      expr: 'max(rapid_fire_failed_batches)',
      limits: { bad: 1 },
    }),
    now('Spooled messages', 'short', 'Kept by the APIs while the store takes none.', {
      expr: 'sum(rapid_fire_spool_messages)',
      limits: { bad: 1 },
    }),
    now(
      'Books off by',
      'short',
      'Accepted less all others. Anything but 0 is a loss or a double.',
      {
        expr: 'max(abs(rapid_fire_messages_unbalanced))',
        limits: { bad: 1 },
      },
    ),
    now('Roles alive', 'short', 'Processes of each role on the store.', {
      expr: 'max by (role) (rapid_fire_roles{role!="standIn"})',
      legend: '{{role}}',
      limits: { bad: 0, warn: 1 },
    }),
    now('Role problems', 'short', 'What /health complains of: missing, or with other settings.', {
      expr: 'max(rapid_fire_role_problems)',
      limits: { bad: 1 },
    }),
    now('Store answers', 'bool_yes_no', 'Whether it answered every process.', {
      expr: 'min(rapid_fire_store_up)',
      limits: { bad: 0, warn: 1 },
    }),
    now(
      'Silent conversations',
      'short',
      'A human answers there, or somebody paused or stopped the bot.',
      {
        expr: 'max(rapid_fire_held_conversations)',
      },
    ),
    now(
      'Redis memory',
      'percentunit',
      'Of maxmemory. A full Redis refuses messages, which are spooled.',
      {
        expr: 'max(rapid_fire_store_memory_bytes / (rapid_fire_store_memory_limit_bytes > 0))',
        limits: { warn: 0.7, bad: 0.8 },
        none: 'no limit',
      },
    ),
    now('Versions', 'short', 'Processes by version: more than one while it is being replaced.', {
      expr: 'count by (version) (rapid_fire_build_info)',
      legend: '{{version}}',
    }),
  ],
}

const PEOPLE: RowSpec = {
  title: 'What people wait for',
  panels: [
    graph(
      'From the last message to the end of the reply',
      's',
      'The silence of BATCH_TIMEOUT included.',
      quantiles('rapid_fire_reply_seconds', [0.5, 0.95], { labels: TENANT }),
    ),
    graph(
      'Seals after their deadline',
      's',
      'Waiting that nobody wanted: a busy or dead processor, or a slow store.',
      quantiles('rapid_fire_seal_lateness_seconds', [0.5, 0.99]),
    ),
    graph(
      'Answers in the making',
      's',
      'From the question to the responder until its answer is stored.',
      quantiles('rapid_fire_answer_duration_seconds', [0.5, 0.95], { labels: TENANT }),
    ),
  ],
}

const BATCHES: RowSpec = {
  title: 'Messages and batches',
  panels: [
    graph('Messages', 'cps', 'Messages a second, by what became of each on its way in.', [
      rateOf('rapid_fire_messages_accepted_total', 'accepted', TENANT),
      rateOf('rapid_fire_messages_duplicate_total', 'there already', TENANT),
      rateOf('rapid_fire_messages_set_aside_total', 'set aside', TENANT),
      rateOf('rapid_fire_messages_spooled_total', 'spooled'),
      rateBy('rapid_fire_messages_rejected_total', 'code', '', 'every message was good'),
    ]),
    graph(
      'Seals by cause',
      'cps',
      'idle: the person was silent; full: MAX_BATCH_SIZE; age: DEFAULT_TTL; flush: at once.',
      [rateBy('rapid_fire_batches_sealed_total', 'cause', TENANT)],
      { isStacked: true },
    ),
    graph('Batch size', 'short', 'Messages that were answered as one.', [
      ...quantiles('rapid_fire_batch_size_messages', [0.5, 0.95], { labels: TENANT }),
      {
        expr: `sum(rate(rapid_fire_batch_size_messages_sum${TENANT}${WINDOW})) / sum(rate(rapid_fire_batch_size_messages_count${TENANT}${WINDOW}))`,
        legend: 'mean',
      },
    ]),
    graph(
      'How long batches are open',
      's',
      'From the first and from the last message to the seal.',
      [
        ...quantiles('rapid_fire_batch_open_seconds', [0.95], { labels: TENANT, name: 'open' }),
        ...quantiles('rapid_fire_batch_idle_seconds', [0.95], { labels: TENANT, name: 'idle' }),
      ],
    ),
    graph('Waiting', 'short', 'Open batches, turns in flight, and silent conversations.', [
      { expr: 'max(rapid_fire_pending_batches)', legend: 'open batches' },
      { expr: 'max(rapid_fire_turns_in_flight)', legend: 'turns in flight' },
      { expr: 'max(rapid_fire_held_conversations)', legend: 'silent conversations' },
    ]),
    graph(
      'The oldest',
      's',
      'Age of the batch that is due first, and for how long it has been due.',
      [
        { expr: 'max(rapid_fire_oldest_pending_age_seconds)', legend: 'age' },
        { expr: 'max(rapid_fire_overdue_seconds)', legend: 'overdue' },
      ],
    ),
    graph('The books', 'short', 'All messages ever: accepted is the sum of the others.', [
      { expr: 'max by (account) (rapid_fire_messages)', legend: '{{account}}' },
    ]),
    graph(
      'Dropped and taken on',
      'cps',
      'Batches that somebody dropped, or that another program left.',
      [
        rateOf('rapid_fire_batches_discarded_total', 'dropped', TENANT),
        rateOf('rapid_fire_batches_adopted_total', 'taken on'),
      ],
    ),
    graph('Silenced', 'cps', 'How often the bot was silenced, by why.', [
      rateBy('rapid_fire_holds_total', 'why'),
    ]),
  ],
}

const TURNS: RowSpec = {
  title: 'Turns, queue and answers',
  panels: [
    graph(
      'Turns by outcome',
      'cps',
      'retried: again after a failure; postponed: a limit; fenced: somebody else had taken it.',
      [rateBy('rapid_fire_turns_total', 'outcome', TENANT)],
      { isStacked: true },
    ),
    graph('Queue', 'short', 'Jobs that wait for a worker, and jobs that one has.', [
      { expr: 'max by (state) (rapid_fire_queue_jobs)', legend: '{{state}}' },
    ]),
    graph('Handovers', 'cps', 'Again: a worker died or fell silent, a job was lost, or a retry.', [
      rateOf('rapid_fire_handovers_total', 'taken', TENANT),
      rateOf('rapid_fire_handovers_again_total', 'again'),
      rateOf('rapid_fire_handovers_refused_total', 'refused'),
    ]),
    graph(
      'Parts of replies',
      'cps',
      'found_sent and sent_again: a worker died while it sent one.',
      [rateBy('rapid_fire_parts_total', 'outcome')],
    ),
    graph('One part at the provider', 's', 'How long a provider took for one part.', [
      ...quantiles('rapid_fire_send_duration_seconds', [0.5, 0.95]),
    ]),
    graph(
      'Errors by code',
      'cps',
      'Of the responder, of a provider or of ours; docs/errors.md has the codes.',
      [rateBy('rapid_fire_errors_total', 'code', '', 'nothing failed')],
      { none: 'none' },
    ),
    graph(
      'Given up',
      'cps',
      'Turns that failed for good, by reason, and people who were told so.',
      [
        rateBy('rapid_fire_turn_failures_total', 'reason', '', 'nothing was given up'),
        { ...rateBy('rapid_fire_apologies_total', 'outcome'), legend: 'told: {{outcome}}' },
      ],
      { none: 'none' },
    ),
  ],
}

const STORE: RowSpec = {
  title: 'Store and spool',
  panels: [
    graph('Operations, p95', 's', 'How long the store and the queue take.', [
      ...quantiles('rapid_fire_append_duration_seconds', [0.95], { name: 'append' }),
      ...quantiles('rapid_fire_seal_duration_seconds', [0.95], { name: 'seal' }),
      ...quantiles('rapid_fire_begin_duration_seconds', [0.95], { name: 'begin' }),
      ...quantiles('rapid_fire_handover_duration_seconds', [0.95], { name: 'handover' }),
    ]),
    graph('Round trip', 's', 'How long the store took for a scrape, by process.', [
      { expr: 'rapid_fire_store_round_trip_seconds', legend: '{{instance}}' },
    ]),
    graph('Memory of Redis', 'bytes', 'Used, and the bound above which it refuses messages.', [
      { expr: 'max(rapid_fire_store_memory_bytes)', legend: 'used' },
      { expr: 'max(rapid_fire_store_memory_limit_bytes > 0)', legend: 'maxmemory' },
    ]),
    graph('Spool', 'short', 'Messages that APIs keep while the store takes none.', [
      { expr: 'sum(rapid_fire_spool_messages)', legend: 'messages' },
    ]),
    graph('Oldest in the spool', 's', 'At SPOOL_MAX_AGE callers get 503.', [
      { expr: 'max(rapid_fire_spool_oldest_age_seconds)', legend: 'age' },
    ]),
    graph('Size of the spool', 'bytes', 'At SPOOL_MAX_MB callers get 503.', [
      { expr: 'sum(rapid_fire_spool_bytes)', legend: 'size' },
    ]),
    graph('What went wrong', 'cps', 'The store was away, a batch could not be sealed or read.', [
      rateOf('rapid_fire_store_outages_total', 'store away'),
      rateOf('rapid_fire_seals_failed_total', 'not sealed'),
      rateOf('rapid_fire_messages_unreadable_total', 'unreadable'),
    ]),
    graph('Repairs', 'cps', 'Damage that was put right: find out who writes to these keys.', [
      rateBy('rapid_fire_repairs_total', 'what'),
    ]),
  ],
}

const PROCESSES: RowSpec = {
  title: 'Processes',
  panels: [
    graph(
      'Processes by role',
      'short',
      'On the store; standIn: APIs that do the work of a processor, since there is none.',
      [{ expr: 'max by (role) (rapid_fire_roles)', legend: '{{role}}' }],
    ),
    graph('Event loop', 's', 'How late a process does what is due, p99.', [
      { expr: 'nodejs_eventloop_lag_p99_seconds', legend: '{{instance}}' },
    ]),
    graph('Processor time', 'percentunit', 'Of one core.', [
      { expr: `rate(process_cpu_seconds_total${WINDOW})`, legend: '{{instance}}' },
    ]),
    graph('Memory', 'bytes', 'Resident.', [
      { expr: 'process_resident_memory_bytes', legend: '{{instance}}' },
    ]),
  ],
}

export const BOARD: BoardSpec = {
  uid: 'rapid-fire',
  title: 'Rapid-Fire',
  description: 'From the first message of a burst to the reply. docs/metrics.md has every metric.',
  variables: [
    {
      name: 'tenant',
      label: 'Tenant',
      query: 'label_values(rapid_fire_messages_accepted_total, tenant)',
    },
  ],
  rows: [NOW, PEOPLE, BATCHES, TURNS, STORE, PROCESSES],
}
