/** Which files have a test whose title names an acceptance case. Reads the source; runs nothing. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/source-tree.ts'

/** The cases that a title names: "case 9", "cases 10, 36 and 37". */
export function casesIn(title: string): number[] {
  return [...title.matchAll(/\bcases? (\d+(?:(?:, | and )\d+)*)/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/\d+/g)].map(Number),
  )
}

const CALL = /\bacceptanceCase\(\s*(\d+),/g
const TITLE = /\b(?:it|test)\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g

/** Case → the files that play it, relative to the project. */
export function filesByCase(): Map<number, Set<string>> {
  const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], {
    cwd: root,
    exclude: ['**/node_modules'],
  })
  const found = new Map<number, Set<string>>()
  for (const file of files.sort()) {
    const source = readFileSync(join(root, file), 'utf8')
    const called = [...source.matchAll(CALL)].map(([, number]) => Number(number))
    const titled = [...source.matchAll(TITLE)].flatMap(([, , title = '']) => casesIn(title))
    for (const number of [...called, ...titled]) {
      found.set(number, (found.get(number) ?? new Set()).add(file))
    }
  }
  return found
}
