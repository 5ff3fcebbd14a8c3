/**
 * `npm run test:pauses`: SIGSTOP of processes of every role for longer than their lease, while people
 * write on. Exit 0: the frozen one was fenced, nothing is lost, nothing answered twice.
 */
import { parseArgs } from 'node:util'
import { printVerdict } from '../outside/print-verdict.ts'
import { System } from '../outside/system.ts'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { FREEZES, pause } from './pauses.ts'

const HELP = `npm run test:pauses -- [options]
  --each N      freezes at each of ${FREEZES.length} points (default 10)
  --people N    who write at the same time (default 24)
  --seed N      of bursts and pauses
`
const { values } = parseArgs({
  options: {
    each: { type: 'string', default: '10' },
    people: { type: 'string', default: '24' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
needRedis()
const each = Number(values.each)
const random = seededRandom(Number(values.seed))
console.log(
  `SIGSTOP for 2.5 s, leases of 0.5 and 1 s: ${each * FREEZES.length} freezes, seed ${values.seed}`,
)
const system = await System.start({
  store: 'redis',
  each: 3,
  people: Number(values.people),
  random,
})
process.once('SIGINT', () => void system.clear().then(() => process.exit(130)))
try {
  const progress = new Progress('freezes', each * FREEZES.length)
  const enough = new AbortController()
  const writing = system.traffic.run(enough.signal)
  const count = each * FREEZES.length
  const hits = await pause(system, { count, random, onThaw: (done) => progress.at(done) })
  enough.abort()
  await writing
  await system.settle(60)
  progress.end()
  for (const [name, hit] of hits) console.log(`  ${String(hit).padStart(5)}  ${name}`)
  const fenced = system.members.reduce((sum, member) => sum + member.fenced.length, 0)
  console.log(
    `  ${String(fenced).padStart(5)}  times a worker that woke found its turn with another`,
  )
  const clean = await printVerdict(system)
  const complete = [...hits.values()].every((hit) => hit === each)
  if (!complete) console.log('incomplete: a process did not come to its moment within 15 s')
  process.exitCode = clean && complete && fenced > 0 ? 0 : 1
} finally {
  await system.clear()
}
