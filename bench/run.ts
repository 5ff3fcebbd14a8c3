/**
 * `npm run bench -- core`: runs the benches of a suite one after the other and says for each value
 * whether it comes to what was promised. Values are ratios within one run, or CPU per operation, so
 * that they mean the same on another machine; nothing in `npm test` depends on them.
 */
import { parseArgs } from 'node:util'
import { findRedis } from '../test/support/find-redis.ts'
import { CORE } from './core.ts'
import { FAIRNESS } from './fairness.ts'
import { OBSERVABILITY } from './observability.ts'
import { type Bench, isReached, type Outcome, type Scale } from './runner/bench.ts'
import { describe, thisMachine } from './runner/machine.ts'
import { save } from './runner/results.ts'
import { rowsOf, table } from './runner/table.ts'
import { SPOOL } from './spool.ts'

const SUITES: Readonly<Record<string, readonly Bench[]>> = {
  core: CORE,
  fairness: FAIRNESS,
  spool: SPOOL,
  observability: OBSERVABILITY,
}

const HELP = `npm run bench -- <suite> [names] [options]
  --quick   one tiny iteration of each: shows that it runs, measures nothing
  --check   exit 1 when a value does not come to what was promised
  --help

${Object.entries(SUITES)
  .map(([suite, benches]) =>
    [suite, ...benches.map(({ name, asks }) => `  ${name.padEnd(22)} ${asks}`)].join('\n'),
  )
  .join('\n')}

Every value goes to bench/results, as JSON and as a picture.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
process.exitCode = await main(positionals, values)

async function main(
  [suite = '', ...names]: readonly string[],
  { quick, check, help }: { quick: boolean; check: boolean; help: boolean },
): Promise<number> {
  if (help) {
    process.stdout.write(HELP)
    return 0
  }
  const known = SUITES[suite]
  const unknown = names.filter((name) => !known?.some((bench) => bench.name === name))
  if (!known || unknown.length > 0) {
    process.stderr.write(`there is no ${unknown.join(', ') || `suite ${suite}`}\n\n${HELP}`)
    return 2
  }
  const found = findRedis()
  if (!found.ok) {
    console.error(found.sentence)
    return 1
  }
  const wanted = known.filter(({ name }) => names.length === 0 || names.includes(name))
  const outcomes = await runAll(suite, wanted, quick)
  const missed = outcomes.flatMap(({ reaches }) => reaches).filter((reach) => !isReached(reach))
  return check && !quick && missed.length > 0 ? 1 : 0
}

async function runAll(
  suite: string,
  benches: readonly Bench[],
  quick: boolean,
): Promise<Outcome[]> {
  const machine = thisMachine()
  const scale: Scale = { quick, warmUp: !quick, of: (full, small) => (quick ? small : full) }
  console.log(`${describe(machine)}\n`)
  const outcomes: Outcome[] = []
  for (const bench of benches) {
    const startedAt = performance.now()
    const outcome = await bench.run(scale)
    outcomes.push(outcome)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const saved = quick ? 'not measured' : save(suite, bench, outcome, machine)
    console.log(`${bench.name}: ran in ${seconds} s · ${saved}`)
    if (outcome.note && !quick) console.log(`  ${outcome.note}`)
  }
  const rows = outcomes.flatMap(({ reaches }) => rowsOf(reaches))
  console.log(`\n${table(rows)}`)
  if (quick) console.log('\n--quick: these values mean nothing, only that everything runs')
  return outcomes
}
