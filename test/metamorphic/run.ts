/**
 * `npm run test:metamorphic -- --runs 50`: any traffic of a few people, played as it is and changed in a
 * way that must not change what they are told. Exit 1 with the shortest traffic for which it does,
 * and the seed and path that play it again.
 */
import { isDeepStrictEqual, parseArgs } from 'node:util'
import fc from 'fast-check'
import { ENGINES, type Engine, stopSharedRedis } from '../support/house.ts'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { tellUnder } from './disturbed.ts'
import { propertyOf, RELATIONS } from './relations.ts'

const HELP = `npm run test:metamorphic -- [options]
  --runs N        traffics for each relation and store (default 20)
  --relation M    only this one, for example M2
  --store S       only redis or only sqlite
  --seed N        the seed of an earlier run; M7 plays on the machine's own timing
  --path P        with --seed, --relation and --store: the failing traffic itself, as it was printed
  --no-shrink     stop at the first traffic that fails, as it is
`
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    relation: { type: 'string' },
    store: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    path: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
needRedis()
const runs = Number(values.runs)
const seed = Number(values.seed)
const isWanted = (name: string, engine: Engine): boolean =>
  (values.relation ?? name) === name && (values.store ?? engine) === engine
console.log(`${runs} traffics for each relation, seed ${seed}`)
const verdicts: boolean[] = []
for (const relation of RELATIONS) {
  for (const engine of relation.engines) {
    if (!isWanted(relation.name, engine)) continue
    const progress = new Progress(`traffics of ${relation.name} on ${engine}`, runs)
    let played = 0
    const property = propertyOf(relation, engine, () => {
      played += 1
      progress.at(Math.min(played, runs))
    })
    const outcome = await fc.check(property, {
      numRuns: runs,
      seed,
      endOnFailure: values['no-shrink'],
      ...(values.path && { path: values.path }),
    })
    progress.end()
    tell(relation.name, engine, relation.says, !outcome.failed)
    if (!outcome.failed) continue
    console.log(fc.defaultReportMessage(outcome))
    console.log(outcome.errorInstance)
    const again = `--relation ${relation.name} --store ${engine} --seed ${outcome.seed}`
    console.log(`play it again: ${again} --path ${outcome.counterexamplePath}`)
  }
}
for (const engine of ENGINES) {
  if (!isWanted('M7', engine)) continue
  const { told, inPeace } = await tellUnder(
    engine,
    { kills: runs, freezes: Math.ceil(runs / 5) },
    seededRandom(seed),
  )
  const holds = isDeepStrictEqual(told, inPeace)
  tell('M7', engine, 'processes that are killed and frozen at any moment', holds)
  if (!holds) console.log({ told, inPeace })
}
await stopSharedRedis()
if (verdicts.length === 0) console.log('no relation has this name on this store')
process.exitCode = verdicts.length > 0 && verdicts.every(Boolean) ? 0 : 1

function tell(name: string, engine: Engine, says: string, holds: boolean): void {
  verdicts.push(holds)
  console.log(`${(holds ? 'holds' : 'BROKEN').padEnd(7)} ${name} ${engine.padEnd(7)} ${says}`)
}
