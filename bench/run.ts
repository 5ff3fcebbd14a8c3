/**
 * `npm run bench -- core`: runs the benches of a suite, those that are named, or all, one after the
 * other, and says for each value whether it comes to what was promised. Values are ratios within one run, or CPU per operation, so
 * that they mean the same on another machine; nothing in `npm test` depends on them.
 */
import { parseArgs } from 'node:util'
import { findRedis } from '../test/support/find-redis.ts'
import { CAPACITY } from './capacity.ts'
import { CORE } from './core.ts'
import { FAILOVER } from './failover.ts'
import { FAIRNESS } from './fairness.ts'
import { OBSERVABILITY } from './observability.ts'
import { REACH } from './reach.ts'
import { type Bench, isReached, type Outcome, type Scale } from './runner/bench.ts'
import { describe, thisMachine } from './runner/machine.ts'
import { publish, writeReport } from './runner/report.ts'
import { save } from './runner/results.ts'
import { rowsOf, table } from './runner/table.ts'
import { SPOOL } from './spool.ts'
import { TURNS } from './turns.ts'
import { WEBHOOK } from './webhook.ts'

const SUITES: Readonly<Record<string, readonly Bench[]>> = {
  core: CORE,
  webhook: WEBHOOK,
  fairness: FAIRNESS,
  failover: FAILOVER,
  capacity: CAPACITY,
  spool: SPOOL,
  observability: OBSERVABILITY,
  reach: REACH,
  turns: TURNS,
}

interface Suited {
  readonly suite: string
  readonly bench: Bench
}

const EACH: readonly Suited[] = Object.entries(SUITES).flatMap(([suite, benches]) =>
  benches.map((bench) => ({ suite, bench })),
)

const HELP = `npm run bench -- <suites or names> [options]
  --all     every bench there is
  --quick   one tiny iteration of each: shows that it runs, measures nothing
  --check   name each value that does not come to what was promised, and exit 1
  --publish take the report of all that was measured here, and its pictures, to docs/figures
  --help

${Object.entries(SUITES)
  .map(([suite, benches]) =>
    [suite, ...benches.map(({ name, asks }) => `  ${name.padEnd(22)} ${asks}`)].join('\n'),
  )
  .join('\n')}

Every value goes to bench/results, as JSON and as a picture, and report.md there has them all.
Services get the NODE_OPTIONS of the bench: "--cpu-prof --cpu-prof-dir=/tmp/profiles" profiles each.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
process.exitCode = await main(positionals, values)

async function main(
  given: readonly string[],
  { all, quick, check, publish: isPublic, help }: typeof values,
): Promise<number> {
  if (help) {
    process.stdout.write(HELP)
    return 0
  }
  const unknown = given.filter(
    (word) => !EACH.some(({ suite, bench }) => word === suite || word === bench.name),
  )
  if (isPublic && given.length === 0 && !all) {
    console.log(`written: ${publish()}`)
    return 0
  }
  if (unknown.length > 0 || all === given.length > 0) {
    const what = unknown.length > 0 ? `there is no ${unknown.join(', ')}` : 'name some, or --all'
    process.stderr.write(`${what}\n\n${HELP}`)
    return 2
  }
  const found = findRedis()
  if (!found.ok) {
    console.error(found.sentence)
    return 1
  }
  const wanted = all ? EACH : meantBy(given)
  const { outcomes, broken } = await runAll(wanted, quick)
  if (broken.length > 0) {
    console.error(`\nnot measured, since they broke: ${broken.join(', ')}`)
    return 1
  }
  const missed = outcomes.flatMap(({ reaches }) => reaches).filter((reach) => !isReached(reach))
  if (isPublic && !quick) console.log(`written: ${publish()}`)
  if (!check || quick || missed.length === 0) return 0
  console.error(`\nnot kept:\n${table(rowsOf(missed))}`)
  return 1
}

/** A name beside its suite means that one alone: `core append-sqlite` is one bench. */
function meantBy(given: readonly string[]): Suited[] {
  const named = EACH.filter(({ bench }) => given.includes(bench.name))
  const partly = new Set(named.map(({ suite }) => suite))
  return EACH.filter(
    (one) => named.includes(one) || (given.includes(one.suite) && !partly.has(one.suite)),
  )
}

/** One that breaks takes none of the others with it: all of them take an hour. */
async function runAll(
  benches: readonly Suited[],
  quick: boolean,
): Promise<{ outcomes: Outcome[]; broken: string[] }> {
  const machine = thisMachine()
  const scale: Scale = { quick, warmUp: !quick, of: (full, small) => (quick ? small : full) }
  console.log(`${describe(machine)}\n`)
  const outcomes: Outcome[] = []
  const broken: string[] = []
  for (const { suite, bench } of benches) {
    const startedAt = performance.now()
    const outcome = await bench.run(scale).catch((error: unknown) => {
      console.error(`${bench.name}:`, error)
      broken.push(bench.name)
    })
    if (!outcome) continue
    outcomes.push(outcome)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const saved = quick ? 'not measured' : save(suite, bench, outcome, machine)
    console.log(`${bench.name}: ran in ${seconds} s · ${saved}`)
    if (outcome.note && !quick) console.log(`  ${outcome.note}`)
  }
  const rows = outcomes.flatMap(({ reaches }) => rowsOf(reaches))
  console.log(`\n${table(rows)}`)
  if (!quick) console.log(`\nall that was measured here: ${writeReport()}`)
  if (quick) console.log('\n--quick: these values mean nothing, only that everything runs')
  return { outcomes, broken }
}
