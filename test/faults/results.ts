/** What a run found, kept as JSON for machines and Markdown for people; no repository has it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { VERSION } from '../../src/version.ts'
import { markdownOf, type Row } from './table.ts'

export const RESULTS = join(import.meta.dirname, 'results')

export interface Run {
  readonly length: 'quick' | 'full'
  readonly seed: number
  readonly startedAt: Date
  readonly rows: readonly Row[]
}

/** Answers where the JSON is; the Markdown stands beside it. */
export function keep({ length, seed, startedAt, rows }: Run): string {
  mkdirSync(RESULTS, { recursive: true })
  const stamp = startedAt.toISOString().slice(0, 19).replaceAll(':', '-')
  const path = join(RESULTS, `${stamp}-${length}-${seed}`)
  const machine = { cpus: cpus().length, node: process.version }
  const plain = rows.map(({ campaign, outcome, ...row }) => ({
    ...{ name: campaign.name, row: campaign.row, ...row },
    outcome: outcome && { ...outcome, points: Object.fromEntries(outcome.points) },
  }))
  const run = { version: VERSION, length, seed, startedAt, machine, rows: plain }
  writeFileSync(`${path}.json`, `${JSON.stringify(run, null, 2)}\n`)
  writeFileSync(`${path}.md`, markdownOf(rows, `Faults, ${length}, seed ${seed}`))
  return `${path}.json`
}
