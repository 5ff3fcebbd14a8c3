/**
 * Writes the page of metrics from their table:
 * `node src/observability/metrics/metrics-page.ts > docs/metrics.md`. A test holds the file equal to it.
 */
import { markdownTable } from '../../markdown-table.ts'
import { METRICS, type MetricSpec } from './metric-specs.ts'

const HEAD = `# Metrics

Prometheus reads them from \`/metrics\`: of an API on \`PORT\`, from this machine or with the operator's
token as a bearer; of any process on \`METRICS_PORT\`, which is not set by default. \`METRICS=off\` counts
nothing.

Counters and histograms are of one process: add them up over all. Gauges of the store, the queue and
roles are the same in every process that looks at that store: take the greatest. While the store is
away \`rapid_fire_store_up\` is 0 and those gauges are not there. No label has a person in it; \`tenant\`
is one of the settings. Beside these there are the usual figures of the process, such as
\`process_resident_memory_bytes\` and \`nodejs_eventloop_lag_p99_seconds\`.
`

/** The whole page, ending in a line break. */
export function metricsPage(): string {
  const rows = Object.entries<MetricSpec>(METRICS).map(
    ([name, { kind, help, labels, buckets }]) => [
      `\`${name}\``,
      kind,
      help,
      labelsOf(labels),
      buckets ? buckets.join(' ') : '–',
    ],
  )
  return `${HEAD}\n${markdownTable(['metric', 'kind', 'what it is', 'labels', 'buckets'], rows)}`
}

function labelsOf(labels: MetricSpec['labels']): string {
  const named = Object.entries(labels).map(([label, values]) =>
    values === null ? `\`${label}\`` : `\`${label}\`: ${values.join(', ')}`,
  )
  return named.join('<br>') || '–'
}

if (import.meta.main) process.stdout.write(metricsPage())
