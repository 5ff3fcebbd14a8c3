/** What Grafana's schema leaves open and a reader would miss: a unit, a meaning, a place of its own. */
import type { Dashboard, GridPos, Panel } from '@grafana/grafana-foundation-sdk/dashboard'

const COLUMNS = 24

/** What is wrong, one sentence each. */
export function structureFaults({ panels = [], templating }: Dashboard): string[] {
  const all = panels as readonly Panel[]
  const shown = all.filter(({ type }) => type !== 'row')
  const variables = new Set(templating.list?.map(({ name }) => name))
  return [
    ...repeated(all.map(({ id }) => String(id))).map((id) => `two panels have the id ${id}`),
    ...repeated(shown.map(({ title = '' }) => title)).map((title) => `two panels are "${title}"`),
    ...shown.flatMap((panel) => faultsOf(panel).map((fault) => `"${panel.title}" ${fault}`)),
    ...overlaps(all),
    ...[...JSON.stringify(panels).matchAll(/\$([a-z]\w*)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !variables.has(name))
      .map((name) => `$${name} is no variable of the dashboard`),
  ]
}

function faultsOf(panel: Panel): string[] {
  const { targets = [], datasource, description, fieldConfig, gridPos } = panel
  const faults: string[] = []
  if (!datasource?.uid) faults.push('has no datasource')
  if (!fieldConfig?.defaults.unit) faults.push('has no unit')
  if (!description) faults.push('does not say what it means')
  if (targets.length === 0) faults.push('asks for nothing')
  if (!gridPos) faults.push('has no place')
  else if (gridPos.x < 0 || gridPos.x + gridPos.w > COLUMNS) faults.push('is beside the grid')
  const ids = targets.map((target) => String((target as { refId?: string }).refId))
  if (repeated(ids).length > 0) faults.push('has two queries of one name')
  return faults
}

function overlaps(panels: readonly Panel[]): string[] {
  return panels.flatMap((one, n) =>
    panels
      .slice(n + 1)
      .filter((other) => one.gridPos && other.gridPos && meet(one.gridPos, other.gridPos))
      .map((other) => `"${one.title}" and "${other.title}" overlap`),
  )
}

const meet = (a: GridPos, b: GridPos): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

const repeated = (values: readonly string[]): string[] =>
  values.filter((value, n) => values.indexOf(value) < n)
