/** The source as data: which file imports what. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

export const root = normalize(join(import.meta.dirname, '../..'))

export interface Import {
  readonly from: string
  /** A path below the root, or the name of a package. */
  readonly to: string
  readonly typeOnly: boolean
  /** Loaded when it is used. */
  readonly dynamic: boolean
}

const IMPORT =
  /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm

export function sourceFiles(pattern = 'src/**/*.ts'): string[] {
  return globSync(pattern, { cwd: root }).sort()
}

export function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8')
  return [...source.matchAll(IMPORT)].map(([, type, named, bare, dynamic]) => {
    const specifier = named ?? bare ?? dynamic ?? ''
    const to = specifier.startsWith('.')
      ? relative(root, join(root, dirname(file), specifier))
      : specifier
    return { from: file, to, typeOnly: type !== undefined, dynamic: dynamic !== undefined }
  })
}

/** A cycle as a list of files, or null. Imports of types alone vanish and make none. */
export function findCycle(files: readonly string[]): string[] | null {
  const next = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ typeOnly }) => !typeOnly)
        .map(({ to }) => to),
    ]),
  )
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    for (const to of next.get(file) ?? []) {
      const cycle = visit(to, [...path, file])
      if (cycle) return cycle
    }
    done.add(file)
    return null
  }
  for (const file of files) {
    const cycle = visit(file, [])
    if (cycle) return cycle
  }
  return null
}
