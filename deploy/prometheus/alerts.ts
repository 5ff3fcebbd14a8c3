/**
 * The alerts, as a table; `node deploy/write.ts` makes `alerts.yml` of it. Each tells of something
 * that a person has to do, and docs/operating/alerts.md has a section on each.
 *
 * What every process reads from the shared store is the same everywhere: `max` takes it once, so
 * that one process that does not answer hides nothing.
 */
import { stringify } from 'yaml'

export interface Alert {
  readonly name: string
  /** critical: people get no answer, or something is lost; warning: within the day. */
  readonly severity: 'critical' | 'warning'
  /** How long it has to be so. */
  readonly forS: number
  /** `window`: what rates are taken over. */
  readonly expr: (window: string) => string
  readonly summary: string
}

export interface Timing {
  readonly window: string
  readonly forS: (alert: Alert) => number
}

export const IN_PRODUCTION: Timing = { window: '5m', forS: ({ forS }) => forS }
export const RUNBOOK = 'docs/operating/alerts.md'

const noRole = (role: string): (() => string) => {
  return () => `max(rapid_fire_roles{role="${role}"}) == 0`
}

const turns = (outcomes: string, window: string): string =>
  `sum(rate(rapid_fire_turns_total{outcome=~"${outcomes}"}[${window}]))`

export const ALERTS: readonly Alert[] = [
  {
    name: 'RapidFireSilent',
    severity: 'critical',
    forS: 60,
    expr: () => 'absent(rapid_fire_build_info)',
    summary: 'Prometheus reaches no process of Rapid-Fire.',
  },
  {
    name: 'RapidFireProcessDown',
    severity: 'warning',
    forS: 60,
    expr: () => 'up{job="rapid-fire"} == 0',
    summary: '{{ $labels.instance }} does not answer.',
  },
  {
    name: 'RapidFireNoApi',
    severity: 'critical',
    forS: 30,
    expr: noRole('api'),
    summary: 'No API is alive on the store: nobody takes messages.',
  },
  {
    name: 'RapidFireNoProcessor',
    severity: 'critical',
    forS: 30,
    expr: noRole('processor'),
    summary: 'No processor is alive on the store; at best an API stands in for it.',
  },
  {
    name: 'RapidFireNoWorker',
    severity: 'critical',
    forS: 30,
    expr: noRole('worker'),
    summary: 'No worker is alive on the store: nobody is answered.',
  },
  {
    name: 'RapidFireRolesDisagree',
    severity: 'critical',
    forS: 60,
    expr: () =>
      'max(rapid_fire_role_problems) > 0 and on() min(max by (role) (rapid_fire_roles{role!="standIn"})) > 0',
    summary: 'Roles look at other stores or have other settings.',
  },
  {
    name: 'RapidFireStoreAway',
    severity: 'critical',
    forS: 60,
    expr: () => 'min(rapid_fire_store_up) == 0',
    summary: 'The store does not answer at least one process.',
  },
  {
    name: 'RapidFireSpoolGrowing',
    severity: 'warning',
    forS: 120,
    expr: () => 'sum(rapid_fire_spool_messages) > 0',
    summary: '{{ $value }} messages are kept in spools, since the store takes none.',
  },
  {
    name: 'RapidFireOverdue',
    severity: 'critical',
    forS: 30,
    expr: () => 'max(rapid_fire_overdue_seconds) > 30',
    summary: 'The oldest pending batch has been due for {{ $value }} s and nobody seals it.',
  },
  {
    name: 'RapidFireLate',
    severity: 'warning',
    forS: 120,
    expr: (window) =>
      `histogram_quantile(0.99, sum by (le) (rate(rapid_fire_seal_lateness_seconds_bucket[${window}]))) > 5`,
    summary: 'One in a hundred batches is sealed more than 5 s late.',
  },
  {
    name: 'RapidFireQueueBacklog',
    severity: 'warning',
    forS: 300,
    expr: () => 'max(rapid_fire_queue_jobs{state="waiting"}) > 100',
    summary: '{{ $value }} turns wait for a worker.',
  },
  {
    name: 'RapidFireAnswersFailing',
    severity: 'critical',
    forS: 120,
    expr: (window) =>
      `${turns('failed|retried', window)} / ${turns('answered|failed|retried', window)} > 0.2`,
    summary: 'More than one in five attempts at an answer fails.',
  },
  {
    name: 'RapidFireFailedBatches',
    severity: 'warning',
    forS: 60,
    expr: () => 'max(rapid_fire_failed_batches) > 0',
    summary: '{{ $value }} batches were given up and wait for somebody.',
  },
  {
    name: 'RapidFireRedisMemory',
    severity: 'warning',
    forS: 300,
    expr: () =>
      'max(rapid_fire_store_memory_bytes / (rapid_fire_store_memory_limit_bytes > 0)) > 0.8',
    summary: 'Redis has used {{ $value | humanizePercentage }} of its maxmemory.',
  },
  {
    name: 'RapidFireBooksDoNotAddUp',
    severity: 'critical',
    forS: 60,
    expr: () => 'max(abs(rapid_fire_messages_unbalanced)) > 0',
    summary: 'The books are off by {{ $value }} messages.',
  },
]

/** The file of rules, as Prometheus reads it. */
export function rulesFile({ window, forS }: Timing): string {
  const rules = ALERTS.map((alert) => ({
    alert: alert.name,
    expr: alert.expr(window),
    for: `${forS(alert)}s`,
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.summary,
      runbook_url: `${RUNBOOK}#${alert.name.toLowerCase()}`,
    },
  }))
  return stringify({ groups: [{ name: 'rapid-fire', rules }] }, { lineWidth: 0 })
}
