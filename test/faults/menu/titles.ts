/**
 * The tests that name rows of the menu: `fault 26` or `faults 26, 27` in the title of a test, or in
 * a campaign of `npm run test:faults`. Read from the text of the files, so that nothing has to run.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, sourceFiles } from '../../support/source-tree.ts'

export interface NamedBy {
  readonly file: string
  readonly title: string
}

/** It plays with titles, and is none of them. */
const OWN_TEST = 'test/house/faults.test.ts'
const STRING = /(['"`])((?:\\.|(?!\1)[^\\])*)\1/g
const NAMED = /\bfaults? (\d+(?:(?:, | and )\d+)*)/g

/** Row → who names it, in the order of the files. */
export function namedRows(): ReadonlyMap<number, readonly NamedBy[]> {
  const rows = new Map<number, NamedBy[]>()
  const add = (file: string, text: string): void => {
    for (const number of rowsIn(text)) {
      const named = rows.get(number) ?? []
      const title = titleOf(text)
      if (!named.some((one) => one.file === file && one.title === title)) {
        named.push({ file, title })
      }
      rows.set(number, named)
    }
  }
  for (const file of filesOf(['src/**/*.test.ts', 'test/**/*.test.ts', 'test/**/*-cases.ts'])) {
    for (const text of stringsIn(file)) add(file, text)
  }
  for (const file of filesOf(['test/faults/campaigns/*.ts'])) {
    for (const text of stringsIn(file)) add(file, text)
  }
  return rows
}

function filesOf(patterns: readonly string[]): string[] {
  return patterns
    .flatMap((pattern) => sourceFiles(pattern))
    .filter((file) => !file.includes('node_modules') && file !== OWN_TEST)
}

/** Line by line, as no title of ours goes over two. */
function stringsIn(file: string): string[] {
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .filter((line) => /\bfaults? \d/.test(line) && !/^\s*(?:\/\/|\*|\/\*)/.test(line))
    .flatMap((line) => [...line.matchAll(STRING)].map(([, , text = '']) => text))
}

export function rowsIn(text: string): number[] {
  return [...text.matchAll(NAMED)].flatMap(([, list = '']) =>
    (list.match(/\d+/g) ?? []).map(Number),
  )
}

/** What a reader needs of it: without the rows, and with … for what varies. */
export function titleOf(text: string): string {
  return (
    text
      .replace(/\(?\bfaults? \d+(?:(?:, | and )\d+)*\)?:? ?/g, '')
      .replace(/\$\{[^}]*\}/g, '…')
      .replaceAll('\\', '')
      .replaceAll('|', '\\|')
      // What stood around the rows.
      .replace(/^[\s,:]+|^\((?:…|redis|sqlite)\): /g, '')
      .replace(/^(?:…\s*)+$/, '')
      .trim()
  )
}
