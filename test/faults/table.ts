/** The rows as people read them: one line each, the points of each below, and what was wrong. */
import type { Campaign, Outcome } from './campaign.ts'
import type { Verdict } from './judge.ts'
import { titleOf } from './menu/titles.ts'

export interface Row {
  readonly campaign: Pick<Campaign, 'name' | 'row'>
  /** Faults asked for. */
  readonly asked: number
  /** Null when it was not played to its end. */
  readonly outcome: Outcome | null
  readonly verdict: Verdict
  readonly tookS: number
}

const HEAD = ['what', 'faults', 'accepted', 'lost', 'twice', 'in the air', 'of', 'verdict'] as const
const NUMBERS = new Set<string>(['faults', 'accepted', 'lost', 'twice', 'in the air', 'of'])

function cellsOf({ campaign, asked, outcome, verdict }: Row): string[] {
  const figures = outcome
    ? [outcome.faults, outcome.accepted, outcome.lost, outcome.doubled, outcome.allowed]
    : ['–', '–', '–', '–', '–']
  return [titleOf(campaign.row), ...figures.map(spaced), spaced(asked), verdict.is]
}

export function tableOf(rows: readonly Row[]): string {
  const lines = [[...HEAD], ...rows.map(cellsOf)]
  const widths = HEAD.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0
          return NUMBERS.has(HEAD[column] ?? '') ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** What the table has no room for; empty where there is nothing to say. */
export function detailsOf({ campaign, outcome, verdict, tookS }: Row): string[] {
  const why = 'why' in verdict ? verdict.why.map((reason) => `  ${verdict.is}: ${reason}`) : []
  const points = [...(outcome?.points ?? [])].map(
    ([name, hits]) => `  ${String(hits).padStart(6)}  ${name}`,
  )
  const notes = (outcome?.notes ?? []).map((note) => `  ${note}`)
  return [`${campaign.name} (${Math.round(tookS)} s)`, ...why, ...points, ...notes]
}

export function markdownOf(rows: readonly Row[], title: string): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    `# ${title}`,
    '',
    line(HEAD),
    line(HEAD.map((name) => (NUMBERS.has(name) ? '---:' : '---'))),
    ...rows.map((row) => line(cellsOf(row))),
    ...rows.flatMap((row) => ['', '```text', ...detailsOf(row), '```']),
    '',
  ].join('\n')
}

/** `10 rows: 9 green, 1 not run`. */
export function summaryOf(rows: readonly Row[]): string {
  const counts = Map.groupBy(rows, ({ verdict }) => verdict.is)
  const parts = [...counts].map(([is, { length }]) => `${length} ${is}`)
  return `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}: ${parts.join(', ')}`
}

function spaced(value: string | number): string {
  return typeof value === 'number' ? value.toLocaleString('en-US').replaceAll(',', ' ') : value
}
