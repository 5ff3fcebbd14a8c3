/**
 * `npm run dashboards:check`: the dashboard that is checked in is what its code makes, holds against
 * Grafana's schema, and asks for metrics that there are; so do the alerts. Where `promtool` is on the
 * PATH, it reads every expression. One line for each part; exit 1 when one is wrong.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { stringify } from 'yaml'
import { alertExpressions, expressionsOf, metricsIn } from './expressions.ts'
import { schemaFaults } from './grafana/schema.ts'
import { structureFaults } from './grafana/structure.ts'
import { generated } from './write.ts'

const root = join(import.meta.dirname, '..')
const JSON_PATH = 'grafana/dashboards/rapid-fire.json'
const WINDOW = '5m'
/** What every process has from prom-client, and every target from Prometheus. */
const OF_OTHERS = [
  ...['up', 'nodejs_eventloop_lag_p99_seconds'],
  ...['process_cpu_seconds_total', 'process_resident_memory_bytes'],
]

export interface Part {
  readonly what: string
  readonly faults: readonly string[]
}

export function checkAll(): Part[] {
  const text = readFileSync(join(import.meta.dirname, JSON_PATH), 'utf8')
  const dashboard = JSON.parse(text) as Dashboard
  const panels = expressionsOf(dashboard, WINDOW)
  const alerts = alertExpressions(WINDOW).map(({ expr }) => expr)
  const parts = [
    { what: 'the files are what their code makes', faults: staleFiles() },
    { what: "the dashboard holds against Grafana's schema", faults: schemaFaults(dashboard) },
    { what: 'each panel has its unit, meaning and place', faults: structureFaults(dashboard) },
    {
      what: `${panels.length} queries and ${alerts.length} alerts ask for metrics that there are`,
      faults: unknownMetrics([...panels, ...alerts]),
    },
  ]
  if (!hasPromtool()) return parts
  return [
    ...parts,
    { what: 'promtool reads every expression', faults: unreadable([...panels, ...alerts]) },
  ]
}

export const hasPromtool = (): boolean => spawnSync('promtool', ['--version']).status === 0

function staleFiles(): string[] {
  return Object.entries(generated())
    .filter(([path, text]) => {
      const file = join(import.meta.dirname, path)
      return !existsSync(file) || readFileSync(file, 'utf8') !== text
    })
    .map(([path]) => `deploy/${path} is another: run \`node deploy/write.ts\``)
}

function unknownMetrics(expressions: readonly string[]): string[] {
  const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
  const known = new Set([...page.matchAll(/`(rapid_fire_\w+)`/g)].map(([, name]) => name))
  const named = new Set(expressions.flatMap(metricsIn))
  return [...named]
    .filter((name) => !known.has(name) && !OF_OTHERS.includes(name))
    .map((name) => `${name} is not in docs/metrics.md`)
}

/** As rules that record each of them. */
function unreadable(expressions: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rapid-fire-rules-'))
  try {
    const rules = expressions.map((expr, n) => ({ record: `checked_${n}`, expr }))
    const file = join(folder, 'rules.yml')
    writeFileSync(file, stringify({ groups: [{ name: 'checked', rules }] }, { lineWidth: 0 }))
    return [file, join(import.meta.dirname, 'prometheus/alerts.yml')].flatMap((one) => {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', one], {
        encoding: 'utf8',
      })
      return status === 0 ? [] : [`${stdout}${stderr}`.trim()]
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const parts = checkAll()
  for (const { what, faults } of parts) {
    console.log(`${faults.length === 0 ? '✓' : '✗'} ${what}`)
    for (const fault of faults) console.log(`    ${fault}`)
  }
  if (!hasPromtool()) console.log('- promtool is not on the PATH: expressions were not parsed')
  process.exitCode = parts.every(({ faults }) => faults.length === 0) ? 0 : 1
}
