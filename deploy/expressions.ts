/** Every expression of the dashboard and of the alerts, and the metrics that each names. */
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { BOARD } from './grafana/panels.ts'
import { ALERTS } from './prometheus/alerts.ts'

export interface Expression {
  /** Whose it is, for a table. */
  readonly of: string
  readonly expr: string
  /** Why it has no data where all is well; null where it has some. */
  readonly empty: string | null
}

/** Those of the panels, with what Grafana would put in for its variables. */
export function panelExpressions(window: string): Expression[] {
  return BOARD.rows
    .flatMap(({ panels }) => panels)
    .flatMap(({ title, queries }) =>
      queries.map(({ expr, legend, empty }) => ({
        of: legend === title ? title : `${title}: ${legend}`,
        expr: filledIn(expr, window),
        empty: empty ?? null,
      })),
    )
}

/** The same from the JSON that is checked in. */
export function expressionsOf({ panels = [] }: Dashboard, window: string): string[] {
  return panels
    .flatMap((panel) => (panel as Panel).targets ?? [])
    .map((target) => filledIn(String((target as { expr?: unknown }).expr), window))
}

export function alertExpressions(window: string): Expression[] {
  return ALERTS.map(({ name, expr }) => ({ of: name, expr: expr(window), empty: 'all is well' }))
}

const filledIn = (expr: string, window: string): string =>
  expr.replaceAll('$__rate_interval', window).replaceAll('$tenant', '.*')

/** Names of metrics in an expression, those of histograms without what Prometheus adds. */
export function metricsIn(expr: string): string[] {
  const bare = expr.replace(/"[^"]*"/g, '').replace(/\{[^}]*\}/g, '')
  return [...new Set(bare.match(/\b(?:rapid_fire|nodejs|process)_\w+|\bup\b/g) ?? [])].map((name) =>
    name.replace(/_(?:bucket|sum|count)$/, ''),
  )
}
