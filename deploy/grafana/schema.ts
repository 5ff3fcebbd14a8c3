/**
 * Holds a dashboard's JSON against Grafana's own schema: its types come from there, with the SDK,
 * and the compiler judges the JSON as it stands in the file, names that Grafana does not know
 * included. Options and fields of a panel are judged by the schema of its kind.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard'

const root = join(import.meta.dirname, '../..')

/** Which part of the SDK describes the options, and the fields, of a kind of panel. */
const KINDS: Readonly<Record<string, { readonly options: string; readonly custom: string }>> = {
  timeseries: { options: 'timeseries.Options', custom: 'timeseries.FieldConfig' },
  stat: { options: 'stat.Options', custom: 'Record<string, never>' },
  table: { options: 'table.Options', custom: 'table.FieldConfig' },
  heatmap: { options: 'heatmap.Options', custom: 'heatmap.FieldConfig' },
  text: { options: 'text.Options', custom: 'Record<string, never>' },
}
const LIBRARIES = ['dashboard', 'prometheus', ...Object.keys(KINDS)]

/** Of a type of the SDK what its JSON is: words and numbers for its enums, no methods. */
const HEAD = `${LIBRARIES.map((name) => `import type * as ${name} from '@grafana/grafana-foundation-sdk/${name}'`).join('\n')}
type Method = (...args: never[]) => unknown
type Json<T> = 0 extends 1 & T ? T
  : T extends string ? \`\${T}\`
  : T extends number ? (\`\${T}\` extends \`\${infer N extends number}\` ? N : never)
  : T extends readonly (infer E)[] ? Json<E>[]
  : T extends object ? { [K in keyof T as T[K] extends Method ? never : K]: Json<T[K]> }
  : T
type Source = Json<dashboard.FieldConfigSource>
type Fields<Custom> = Omit<Source, 'defaults'> & { defaults: Omit<Source['defaults'], 'custom'> & { custom?: Json<Custom> } }
type PanelOf<Options, Custom> = Omit<Json<dashboard.Panel>, 'targets' | 'options' | 'fieldConfig'>
  & { targets?: Json<prometheus.Dataquery>[], options?: Json<Options>, fieldConfig?: Fields<Custom> }
type Row = Json<dashboard.RowPanel>
type Frame = Omit<Json<dashboard.Dashboard>, 'panels'>
`

/** What is wrong, one sentence each; none where the schema holds. */
export function schemaFaults(given: Dashboard): string[] {
  const { panels = [], ...frame } = given
  const unknown = panels.filter(({ type }) => type !== 'row' && !Object.hasOwn(KINDS, type))
  if (unknown.length > 0) {
    return unknown.map((panel) => `${nameOf(panel)}: a kind of panel that is not judged here`)
  }
  const parts = [
    { name: 'dashboard', type: 'Frame', value: frame as unknown },
    ...panels.map((panel) => ({ name: nameOf(panel), type: typeOf(panel), value: panel })),
  ]
  // One line for each, so that a complaint's line says whose it is.
  const lines = parts.map(
    ({ type, value }, n) => `export const part${n}: ${type} = ${JSON.stringify(value)}`,
  )
  return complaints(`${HEAD}${lines.join('\n')}\n`).map(({ line, sentence }) => {
    const part = parts[line - HEAD.split('\n').length]
    return `${part?.name ?? 'schema'}: ${sentence}`
  })
}

const nameOf = ({ type, title }: Pick<Panel, 'type' | 'title'>): string => `${type} "${title}"`

function typeOf({ type }: Pick<Panel, 'type'>): string {
  const kind = KINDS[type]
  return kind ? `PanelOf<${kind.options}, ${kind.custom}>` : 'Row'
}

function complaints(source: string): { line: number; sentence: string }[] {
  const folder = mkdtempSync(join(tmpdir(), 'rapid-fire-dashboard-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(folder, 'judged.ts'), source)
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--pretty', 'false']
    const modules = ['--module', 'nodenext', '--target', 'es2024', '--types', '', 'judged.ts']
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [compiler, ...flags, ...modules],
      { cwd: folder, encoding: 'utf8' },
    )
    if (status === 0) return []
    const found = [...stdout.matchAll(/^judged\.ts\((\d+),\d+\): error TS\d+: (.*)$/gm)]
    if (found.length === 0) throw new Error(`the compiler did not judge: ${stdout}${stderr}`)
    return found.map(([, line, sentence = '']) => ({ line: Number(line), sentence }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
