/** Whether a process counts what happens, and where that is told. */
import type { BatchStore } from './batching/store.ts'
import type { Settings } from './config/settings.ts'
import type { ConversationKeys } from './conversation-key.ts'
import { MetricsServer } from './ingress/metrics-server.ts'
import type { Events } from './observability/events/events.ts'
import { Metrics } from './observability/metrics/metrics.ts'
import type { Looks } from './observability/metrics/metrics-of-now.ts'
import { roleProblems } from './observability/roles/role-problems.ts'
import { RoleHealth } from './observability/roles/roles.ts'
import type { MessageQueue } from './queue/queue.ts'
import { VERSION } from './version.ts'

interface Measured {
  readonly store: BatchStore
  readonly queue: MessageQueue
  readonly events: Events
  readonly keys: ConversationKeys
}

/** What tells which mismatches of roles there are. */
type Beside = Pick<ConstructorParameters<typeof RoleHealth>[0], 'agreed' | 'neighbours'>

/** Null with METRICS=off. `spool` is made after this. */
export function createMetrics(
  { metrics, tenants }: Settings,
  shared: Measured,
  spool: Looks['spool'],
  beside: Beside,
): Metrics | null {
  if (metrics === 'off') return null
  const { store, queue, events, keys } = shared
  const health = new RoleHealth({ store, ...beside })
  const problems: Looks['problems'] = async (live) => roleProblems(await health.seen(live)).length
  const looks = { store, queue, spool, problems }
  return new Metrics({ events, keys, tenants: [...tenants.keys()], version: VERSION, looks })
}

/** Null where METRICS_PORT is not set. */
export function createMetricsServer(
  { metricsHost: host, metricsPort: port }: Settings,
  metrics: Metrics | null,
): MetricsServer | null {
  return metrics && port !== null ? new MetricsServer({ host, port, metrics }) : null
}
