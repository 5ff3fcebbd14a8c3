/**
 * `npm run test:providers -- <folder>`: every sample call of a folder against the real API, one line a
 * provider. Exit 0: all passed.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Progress } from '../support/progress.ts'
import { helpIf } from '../support/script-start.ts'
import { checkFixture, type Verdict } from './check.ts'
import { fixturesIn } from './fixture.ts'

const HELP = `npm run test:providers -- [folder] [options]
Makes the call of each JSON file under the folder (default test/providers/fixtures) to a running API and
holds the answer, what was told and what was kept against the file's "expect".
  --only P       one provider alone
  --verbose      name every sample
`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const folder = positionals[0] ?? 'test/providers/fixtures'
let fixtures: ReturnType<typeof fixturesIn> = []
try {
  fixtures = fixturesIn(folder).filter(
    ({ provider }) => values.only === undefined || provider === values.only,
  )
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(2)
}

const progress = new Progress(`samples of ${folder}`, fixtures.length)
const waiting = [...fixtures]
const verdicts: Verdict[] = []
const work = async (): Promise<void> => {
  for (let fixture = waiting.shift(); fixture; fixture = waiting.shift()) {
    verdicts.push(await checkFixture(fixture))
    progress.at(verdicts.length)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work))
progress.end()

const providers = [...new Set(fixtures.map(({ provider }) => provider))].sort()
const width = Math.max(...providers.map(({ length }) => length), 'all'.length)
const line = (name: string, of: readonly Verdict[]): void => {
  const passed = of.filter(({ wrong }) => wrong.length === 0).length
  console.log(`${name.padEnd(width)}  ${passed} of ${of.length} passed`)
}
for (const provider of providers)
  line(
    provider,
    verdicts.filter((one) => one.provider === provider),
  )
line('all', verdicts)
for (const { name, wrong, unjudged } of verdicts.sort((a, b) => (a.name < b.name ? -1 : 1))) {
  if (wrong.length > 0) console.log(`✗ ${name}\n    ${wrong.join('\n    ')}`)
  else if (values.verbose) console.log(`✓ ${name}`)
  if (unjudged.length > 0) console.log(`  ${name}: not judged: ${unjudged.join(', ')}`)
}
process.exitCode = verdicts.every(({ wrong }) => wrong.length === 0) ? 0 : 1
