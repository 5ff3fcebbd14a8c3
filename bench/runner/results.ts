/** What stays of a run: a JSON file with every value, and a picture. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../test/support/source-tree.ts'
import { type Bench, isReached, type Outcome } from './bench.ts'
import type { Machine } from './machine.ts'
import { svg } from './picture.ts'

const FOLDER = 'bench/results'

/** Answers the path of the JSON file, relative to the project; the picture is beside it. */
export function save(suite: string, bench: Bench, outcome: Outcome, machine: Machine): string {
  mkdirSync(join(root, FOLDER), { recursive: true })
  const path = `${FOLDER}/${suite}-${bench.name}`
  const reaches = outcome.reaches.map((reach) => ({ ...reach, ok: isReached(reach) }))
  const content = { bench: bench.name, asks: bench.asks, machine, ...outcome, reaches }
  writeFileSync(join(root, `${path}.json`), `${JSON.stringify(content, null, 2)}\n`)
  const { cpu, cores, node, redis, commit, date } = machine
  const footer = `${cpu}, ${cores} cores · node ${node} · redis ${redis} · ${commit} · ${date}`
  writeFileSync(join(root, `${path}.svg`), svg(bench.asks, footer, outcome.pictures))
  return `${path}.json`
}
