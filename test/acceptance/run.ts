/**
 * `npm run test:acceptance`: plays every test whose title names an acceptance case, and prints one line
 * for each case, 1 to 56. Exit 1 when a test of one failed or was skipped, or a case has none; a case
 * whose part does not exist is told as `not yet`, with the reason.
 */
import { join } from 'node:path'
import { run } from 'node:test'
import { parseArgs } from 'node:util'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { root } from '../support/source-tree.ts'
import { type AcceptanceCase, CASES } from './cases.ts'
import { casesIn, filesByCase } from './find-cases.ts'

const HELP = `npm run test:acceptance -- [numbers]     all 56 cases, or only these
`
/** The slowest kills a processor fifty times. */
const LIMIT_MS = 240_000
/** A file that does not end, as after a test that came to its limit, is ended then. */
const SILENCE_MS = LIMIT_MS + 60_000

interface Played {
  readonly name: string
  /** Null when it passed. */
  readonly wrong: string | null
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', default: false } },
})
helpIf(values.help, HELP)
needRedis()
const cases = positionals.length === 0 ? CASES : positionals.map(caseOf)
const played = await play(cases.map(({ number }) => number))
const good = cases.map((one) => tell(one, played.get(one.number) ?? []))
process.exitCode = good.every(Boolean) ? 0 : 1

function caseOf(text: string): AcceptanceCase {
  const found = CASES[Number(text) - 1]
  if (found) return found
  console.error(`${text}: a number from 1 to ${CASES.length}`)
  process.exit(1)
}

async function play(numbers: readonly number[]): Promise<Map<number, Played[]>> {
  const byCase = filesByCase()
  const files = [...new Set(numbers.flatMap((number) => [...(byCase.get(number) ?? [])]))]
  const played = new Map<number, Played[]>()
  if (files.length === 0) return played
  const progress = new Progress('cases', numbers.length)
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), SILENCE_MS)
  const note = (name: string, wrong: string | null): void => {
    timer.refresh()
    // A file that did not come to its end fails under its own name.
    const ofFile = wrong !== null && files.find((file) => name.endsWith(file))
    const numbersOf = ofFile
      ? numbers.filter((number) => byCase.get(number)?.has(ofFile))
      : casesIn(name)
    for (const number of numbersOf) {
      played.set(number, [...(played.get(number) ?? []), { name, wrong }])
    }
    progress.at(numbers.filter((number) => played.has(number)).length)
  }
  const events = run({
    files: files.map((file) => join(root, file)),
    concurrency: 2,
    timeout: LIMIT_MS,
    signal: silence.signal,
    testNamePatterns: [new RegExp(`\\bcases? (?:\\d+(?:, | and ))*(?:${numbers.join('|')})\\b`)],
  })
  events.on('test:pass', ({ name, skip, todo }) => {
    const isPlayed = skip === undefined && todo === undefined
    note(name, isPlayed ? null : 'was not played')
  })
  events.on('test:fail', ({ name, details }) => note(name, sentenceOf(details.error)))
  for await (const _ of events);
  clearTimeout(timer)
  progress.end()
  return played
}

function sentenceOf(error: Error): string {
  const { cause } = error
  return (cause instanceof Error ? cause.message : error.message).split('\n', 1)[0] ?? ''
}

/** Prints its line; answers whether all is well. */
function tell({ number, title, notYet }: AcceptanceCase, played: readonly Played[]): boolean {
  const wrong = played.filter(({ wrong }) => wrong !== null)
  const isMissing = played.length === 0
  const head = (verdict: string): string => `${verdict.padEnd(7)}  case ${number}`.padEnd(18)
  if (isMissing && notYet !== undefined) {
    console.log(`${head('not yet')}${title}: ${notYet}`)
    return true
  }
  const engines = ['sqlite', 'redis'].filter((engine) =>
    played.some(({ name }) => name.includes(`(${engine})`)),
  )
  const where = engines.length === 0 ? '' : `  (${engines.join(', ')})`
  console.log(`${head(isMissing || wrong.length > 0 ? 'FAIL' : 'ok')}${title}${where}`)
  if (isMissing) console.log('         no test of it was played')
  for (const { name, wrong: what } of wrong) console.log(`         ${name}: ${what}`)
  return !isMissing && wrong.length === 0
}
