/**
 * `npm run capacity`: what your traffic needs, from the figures that are checked in or, with `--take`,
 * from those that the benches have left here.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../test/support/source-tree.ts'
import { costsOf, type Taken, takeMeasured } from './costs.ts'
import { needsOf } from './needs.ts'
import { capacityPage, rowsOf, TERMS, TRAFFIC } from './page.ts'

const MEASURED = join(root, 'bench/capacity/measured.json')
const PAGE = join(root, 'docs/operating/capacity.md')

const NUMBERS = {
  conversations: { default: '100000', says: 'conversations a day' },
  turns: { default: String(TRAFFIC.turnsPerConversation), says: 'answers in one' },
  messages: { default: String(TRAFFIC.messagesPerTurn), says: 'messages before each answer' },
  bytes: { default: String(TRAFFIC.textBytes), says: 'of a message' },
  'busiest-hour': { default: String(TRAFFIC.busiestHour), says: 'its share of the day' },
  open: { default: String(TERMS.openS), says: 'seconds from the first message to the answer' },
  retention: { default: String(TERMS.retentionS), says: 'RETENTION, seconds' },
  dedupe: { default: String(TERMS.dedupeS), says: 'DEDUPE_WINDOW, seconds' },
  load: { default: String(TERMS.load), says: 'how full a core may be' },
  core: { default: String(TERMS.perCoreMonth), says: 'price of a core for a month' },
  gib: { default: String(TERMS.perGibMonth), says: 'price of a GiB for a month' },
} as const
type Name = keyof typeof NUMBERS

const HELP = `npm run capacity -- [options]
${Object.entries(NUMBERS)
  .map(([name, { default: value, says }]) => `  --${`${name} N`.padEnd(16)} ${says} (${value})`)
  .join('\n')}
  --take             take the figures from bench/results, and write the page anew
  --help
`

const { values } = parseArgs({
  options: {
    ...(Object.fromEntries(
      Object.entries(NUMBERS).map(([name, { default: value }]) => [
        name,
        { type: 'string', default: value },
      ]),
    ) as Record<Name, { type: 'string'; default: string }>),
    take: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

process.exitCode = main()

function main(): number {
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const wrong = (Object.keys(NUMBERS) as Name[]).find((name) => !(Number(values[name]) >= 0))
  if (wrong !== undefined) {
    process.stderr.write(`--${wrong} ${values[wrong]} is no number\n\n${HELP}`)
    return 2
  }
  if (values.take) {
    const taken = takeMeasured()
    writeFileSync(MEASURED, `${JSON.stringify(taken, null, 2)}\n`)
    writeFileSync(PAGE, capacityPage(taken))
    console.log(`written: ${PAGE}`)
  }
  const taken = JSON.parse(readFileSync(MEASURED, 'utf8')) as Taken
  const number = (name: Name): number => Number(values[name])
  const traffic = {
    conversationsPerDay: number('conversations'),
    turnsPerConversation: number('turns'),
    messagesPerTurn: number('messages'),
    textBytes: number('bytes'),
    busiestHour: number('busiest-hour'),
  }
  const terms = {
    ...TERMS,
    openS: number('open'),
    retentionS: number('retention'),
    dedupeS: number('dedupe'),
    load: number('load'),
    perCoreMonth: number('core'),
    perGibMonth: number('gib'),
  }
  console.log(rowsOf([needsOf(costsOf(taken.measured), traffic, terms)]))
  return 0
}
