/**
 * `npm run test:observability`: a real Prometheus scrapes an API, a processor and a worker under load;
 * every expression of the dashboard and of the alerts is asked for, and each alert is made to fire by
 * its fault, and stops when that is over. Exit 0: all of it was so.
 */
import { parseArgs } from 'node:util'
import { ALERTS } from '../../deploy/prometheus/alerts.ts'
import { findPrometheus } from '../support/find-prometheus.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { FAULTS } from './faults.ts'
import { askAll, calm, type Fired, isRight, isWhole, playFault } from './play.ts'
import { MANY, Stage } from './stage.ts'
import { expressionTable, firedTable } from './tables.ts'

const HELP = `npm run test:observability -- [options]
  --fault TEXT   only faults with this in their title, for example redis
`
const { values } = parseArgs({
  options: { fault: { type: 'string', default: '' }, help: { type: 'boolean', default: false } },
})
helpIf(values.help, HELP)
needRedis()
const found = findPrometheus()
if (!found.ok) {
  console.error(found.sentence)
  process.exit(1)
}
const faults = FAULTS.filter(({ title }) =>
  title.toLowerCase().includes(values.fault.toLowerCase()),
)
if (faults.length === 0) {
  console.error(`no fault has "${values.fault}" in its title`)
  process.exit(1)
}
const begunAtMs = performance.now()
const say = (line: string): void =>
  console.log(
    `${String(Math.round((performance.now() - begunAtMs) / 1000)).padStart(4)} s  ${line}`,
  )

say('an API, a processor, a worker and a Prometheus are started')
const stage = await Stage.start(MANY)
process.once('SIGINT', () => void stage[Symbol.asyncDispose]().then(() => process.exit(130)))
try {
  process.exitCode = (await playAll()) ? 0 : 1
} finally {
  await stage[Symbol.asyncDispose]()
}

async function playAll(): Promise<boolean> {
  say('every expression is asked for, until those that should have data have some')
  const asked = await askAll(stage)
  const silent = await stage.prometheus.silent()
  const unevaluated = await stage.prometheus.ruleFaults()
  for (const complaint of [...silent, ...unevaluated]) say(`✗ ${complaint}`)
  let firing = await calm(stage)
  for (const complaint of firing) say(`✗ while all is well, ${complaint}`)
  const fired: Fired[] = []
  for (const [n, fault] of faults.entries()) {
    say(`fault ${n + 1} of ${faults.length}: ${fault.title}`)
    fired.push(...(await playFault(stage, fault)))
  }
  firing = [...firing, ...(await calm(stage))]
  say('done')
  console.log(`\n${expressionTable(asked)}\n\n${firedTable(fired)}\n`)
  const missing = ALERTS.map(({ name }) => name).filter(
    (name) => values.fault === '' && !fired.some(({ alert }) => alert === name),
  )
  for (const name of missing) console.log(`✗ no fault makes ${name} fire`)
  const isGood =
    asked.every(isRight) && fired.every(isWhole) && missing.length + firing.length === 0
  return isGood && silent.length + unevaluated.length === 0
}
