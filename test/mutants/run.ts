/**
 * `npm run test:mutants`: plants bugs, one at a time, in a copy of the project, and shows which command
 * finds each. Without a bug every one of these commands passes. Exit 1 when one lives on.
 */
import { parseArgs } from 'node:util'
import { helpIf } from '../support/script-start.ts'
import { FAULT_MUTANTS } from './fault-mutants.ts'
import { MUTANTS } from './mutants.ts'
import { Copy, type Outcome } from './plant.ts'

const HELP = `npm run test:mutants -- [options] [words of a name]
Only those whose name has these words; without any all of them.
  --faults      only those that nothing but a fault reveals
`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    faults: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const wanted = [...(values.faults ? [] : MUTANTS), ...FAULT_MUTANTS].filter(({ name }) =>
  name.includes(positionals.join(' ')),
)
using copy = new Copy()
let failures = 0

/** The line that says what was wrong. */
function evidenceIn(output: string): string {
  const lines = output.split('\n').map((line) => line.trim())
  const telling =
    /AssertionError|^[1-9]\d* lost|[1-9]\d* (?:people out of order|answered twice)|two places|^BROKEN|red: |timed out/
  const line =
    lines.find((one) => telling.test(one)) ?? lines.find((one) => one.startsWith('✖ ')) ?? ''
  return line.replace(/^AssertionError \[\w+\]: /, '').slice(0, 120)
}

const say = (what: string, { seconds }: Outcome, name: string, by: string): void =>
  console.log(`${what.padEnd(9)} ${String(seconds).padStart(3)} s  ${name.padEnd(36)} ${by}`)

const commands = new Map(wanted.map(({ caughtBy }) => [caughtBy.join(' '), caughtBy]))
for (const [words, command] of commands) {
  const outcome = copy.run(command)
  // Tests that were renamed are none that pass.
  const ran = outcome.code === 0 && !/^\S+ tests 0$/m.test(outcome.output)
  if (!ran) failures += 1
  say(ran ? 'passes' : 'FAILS', outcome, 'without a bug', words)
  if (!ran) console.log(outcome.output.slice(-2000))
  if (outcome.output.includes('not run')) commands.delete(words)
}
for (const mutant of wanted) {
  const words = mutant.caughtBy.join(' ')
  if (!commands.has(words)) {
    console.log(`not run          ${mutant.name.padEnd(36)} ${words}: this machine cannot`)
    continue
  }
  const outcome = copy.withBug(mutant, () => copy.run(mutant.caughtBy))
  const caught = outcome.code !== 0
  if (!caught) failures += 1
  say(caught ? 'caught' : 'LIVES', outcome, mutant.name, words)
  if (caught) console.log(`                 ${evidenceIn(outcome.output)}`)
}
process.exitCode = failures === 0 ? 0 : 1
