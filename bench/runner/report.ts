/**
 * All that was measured here so far, as one page: `bench/results/report.md`, with a picture for each
 * bench. `publish` takes both to `docs/figures`, where the README shows them.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../test/support/source-tree.ts'
import type { Reach } from './bench.ts'
import type { Machine } from './machine.ts'
import { rowsOf } from './table.ts'

const RESULTS = join(root, 'bench/results')
const FIGURES = join(root, 'docs/figures')

interface Result {
  readonly file: string
  readonly bench: string
  readonly asks: string
  readonly machine: Machine
  readonly note?: string
  readonly reaches: readonly (Reach & { readonly ok: boolean })[]
}

/** Answers the path of the page, relative to the project. */
export function writeReport(): string {
  writeFileSync(join(RESULTS, 'report.md'), reportOf(resultsHere()))
  return 'bench/results/report.md'
}

/** What was there before goes. */
export function publish(): string {
  const results = resultsHere()
  rmSync(FIGURES, { recursive: true, force: true })
  mkdirSync(FIGURES, { recursive: true })
  writeFileSync(join(FIGURES, 'README.md'), reportOf(results))
  for (const { file } of results) {
    copyFileSync(join(RESULTS, `${file}.svg`), join(FIGURES, `${file}.svg`))
  }
  return 'docs/figures/README.md'
}

function resultsHere(): Result[] {
  return readdirSync(RESULTS)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const result = JSON.parse(readFileSync(join(RESULTS, name), 'utf8'))
      return { ...result, file: name.slice(0, -'.json'.length) }
    })
}

function reportOf(results: readonly Result[]): string {
  const promised = results.flatMap(({ reaches }) => reaches.filter(({ limit }) => limit !== null))
  const missed = results.filter(({ reaches }) => reaches.some(({ ok }) => !ok))
  const pages = results.map(pageOf)
  const missing =
    missed.length === 0
      ? 'Every promise was kept.'
      : `Not kept: ${missed.map(({ bench }) => `[${bench}](#${bench})`).join(', ')}.`
  return `# Figures

What \`npm run bench\` measured here, each bench when it ran last. A value is the median of its rounds, with the least and the greatest; ratios are of two arms that took turns in one run. ${promised.length} promises. ${missing}
${pages.join('')}`
}

function pageOf({ file, bench, asks, machine, note, reaches }: Result): string {
  const { cpu, cores, node, redis, commit, date, loadBefore } = machine
  const rows = rowsOf(reaches).map((cells) => `| ${cells.map((cell) => cell.trim()).join(' | ')} |`)
  return `
## ${bench}

${asks}. ${cpu}, ${cores} cores, load ${loadBefore} before; node ${node}, redis ${redis}; commit ${commit}, ${date.slice(0, 16).replace('T', ' ')}.${note ? ` ${note}.` : ''}

| what | promised | measured | kept |
| --- | --- | --- | --- |
${rows.join('\n')}

![${asks}](${file}.svg)
`
}
