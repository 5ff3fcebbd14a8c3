/** The documents as data: their examples, sections and tables. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './source-tree.ts'

export const documentText = (document: string): string => readFileSync(join(root, document), 'utf8')

/** What stands in the examples of one language, in order. */
export function fences(text: string, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, 'gm'))
  return [...blocks].map(([, block]) => block ?? '')
}

/** From a heading to the next one of the same rank or above; '' when there is none. */
export function section(text: string, heading: string): string {
  const rank = /^#+/.exec(heading)?.[0].length ?? 1
  const [, rest = ''] = text.split(`\n${heading}\n`)
  const end = rest.search(new RegExp(`^#{1,${rank}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The cells of the tables of a text, without their heads. */
export function tableRows(text: string): string[][] {
  return [...text.matchAll(/^\|(.+)\|$/gm)]
    .map(([, row = '']) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .filter((cells, index, rows) => !isRule(cells) && !isRule(rows[index + 1] ?? []))
}

const isRule = (cells: readonly string[]): boolean =>
  cells.length > 0 && cells.every((cell) => /^-+$/.test(cell))

/** The pieces of code in a cell. */
export const codes = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '')
