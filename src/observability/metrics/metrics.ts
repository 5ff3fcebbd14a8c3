/**
 * Metrics of one process, for Prometheus: what its events counted, and how much there is at the moment
 * of the scrape. It listens and looks; nothing waits for it.
 */
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricConfiguration,
  Registry,
} from 'prom-client'
import type { ConversationKeys } from '../../conversation-key.ts'
import type { Events } from '../events/events.ts'
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  METRICS,
  type MetricName,
  type MetricSpec,
} from './metric-specs.ts'
import { eventMetrics } from './metrics-of-events.ts'
import { type Looks, lookNow } from './metrics-of-now.ts'

/** What may be done to a metric, by its kind. */
export interface Figures {
  add<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, n?: number): void
  /** In seconds or messages, as the name says. */
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void
  set<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number): void
  /** Nothing is known of it now: an old figure would be a lie. */
  forget(name: GaugeName): void
}

export interface MetricsOptions {
  readonly events: Events
  readonly keys: ConversationKeys
  /** Whose series are there from the start. */
  readonly tenants: readonly string[]
  readonly version: string
  readonly looks: Looks
}

/** What a scrape is answered with. */
export interface Exposition {
  readonly contentType: string
  readonly text: string
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #figures: Figures
  readonly #looks: Looks
  readonly #unsubscribe: () => void
  #hasDefaults = false

  constructor({ events, keys, tenants, version, looks }: MetricsOptions) {
    this.#figures = figuresIn(this.#registry, tenants)
    this.#looks = looks
    this.#figures.set('rapid_fire_build_info', { version }, 1)
    this.#unsubscribe = events.subscribe(eventMetrics(this.#figures, keys))
  }

  /** Never rejects for a store that is away: that is a figure too. */
  async expose(): Promise<Exposition> {
    if (!this.#hasDefaults) {
      // They watch the collector and the event loop: no cost to who is never scraped.
      this.#hasDefaults = true
      collectDefaultMetrics({ register: this.#registry })
    }
    await lookNow(this.#figures, this.#looks)
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  stop(): void {
    this.#unsubscribe()
    this.#registry.clear()
  }
}

function figuresIn(registry: Registry, tenants: readonly string[]): Figures {
  const counters = new Map<MetricName, Counter>()
  const gauges = new Map<MetricName, Gauge>()
  const histograms = new Map<MetricName, Histogram>()
  for (const [key, spec] of Object.entries(METRICS) as [MetricName, MetricSpec][]) {
    const { kind, help, labels, buckets } = spec
    const common: MetricConfiguration<string> = {
      ...{ name: key, help, registers: [registry], labelNames: Object.keys(labels) },
    }
    if (kind === 'gauge') gauges.set(key, new Gauge(common))
    if (kind === 'histogram') {
      histograms.set(key, new Histogram({ ...common, buckets: [...(buckets ?? [])] }))
    }
    if (kind === 'counter') {
      const made = new Counter(common)
      for (const values of seriesOf(labels, tenants)) made.inc(values, 0)
      counters.set(key, made)
    }
  }
  return {
    add: (name, labels, n = 1) => had(counters, name).inc(labels, n),
    observe: (name, labels, value) => had(histograms, name).observe(labels, value),
    set: (name, labels, value) => had(gauges, name).set(labels, value),
    forget: (name) => {
      // A reset of one without labels would make it 0, which says something.
      if (Object.keys(METRICS[name].labels).length === 0) had(gauges, name).remove()
      else had(gauges, name).reset()
    },
  }
}

/** Every combination of what is known beforehand; none where a label is open. */
function seriesOf(
  labels: MetricSpec['labels'],
  tenants: readonly string[],
): Readonly<Record<string, string>>[] {
  let series: Record<string, string>[] = [{}]
  for (const [label, known] of Object.entries(labels)) {
    const values = known ?? (label === 'tenant' ? tenants : [])
    series = series.flatMap((one) => values.map((value) => ({ ...one, [label]: value })))
  }
  return series
}

function had<Metric>(made: ReadonlyMap<MetricName, Metric>, name: MetricName): Metric {
  const metric = made.get(name)
  if (!metric) throw new Error(`${name} is none of its kind`)
  return metric
}
