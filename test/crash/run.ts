/**
 * `npm run test:crash -- --runs 200 [--store sqlite]`: kill -9 of real processes at named points,
 * with a ledger and a sink outside of the system. Exit 0: nothing lost, nothing answered twice but
 * the parts that were in the air, and every point was hit.
 */
import { parseArgs } from 'node:util'
import { printVerdict } from '../outside/print-verdict.ts'
import { System } from '../outside/system.ts'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { crash, pointsOf } from './crash.ts'

const HELP = `npm run test:crash -- [options]
  --runs N      kills (default 50)
  --store S     redis (default) or sqlite
  --people N    who write at the same time (default 24)
  --on-uncertain W
                resend (default) or reconcile: then no part at all may come twice
  --patience S  seconds without any answer after which what is missing is lost (default 60)
  --seed N      of points, bursts and pauses; the machine's own timing is not in it
`
/** A long run that hits a point less often proves nothing about it. */
const ENOUGH_HITS = 20

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '50' },
    store: { type: 'string', default: 'redis' },
    people: { type: 'string', default: '24' },
    'on-uncertain': { type: 'string', default: 'resend' },
    patience: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const store = values.store === 'sqlite' ? 'sqlite' : 'redis'
if (store === 'redis') needRedis()
const runs = Number(values.runs)
const random = seededRandom(Number(values.seed))
const points = pointsOf(store)
console.log(
  `kill -9 of ${store} processes at ${points.length} points: ${runs} kills, seed ${values.seed}`,
)
const onUncertain = values['on-uncertain']
const env = { ON_UNCERTAIN: onUncertain, RECONCILE_TIMEOUT: '10000' }
const system = await System.start({ store, people: Number(values.people), random, env })
process.once('SIGINT', () => void system.clear().then(() => process.exit(130)))
try {
  const progress = new Progress('kills', runs)
  const enough = new AbortController()
  const writing = system.traffic.run(enough.signal)
  const onKill = (done: number): void =>
    progress.at(done, `${system.traffic.accepted.length} messages taken`)
  const { hits, missed } = await crash(system, { runs, random, onKill })
  enough.abort()
  await writing
  await system.settle(Number(values.patience))
  progress.end()
  for (const [name, count] of hits) console.log(`  ${String(count).padStart(5)}  ${name}`)
  if (missed > 0) console.log(`  ${String(missed).padStart(5)}  not come to within 15 s`)
  const { doubledInTheAir } = system.verdict()
  const clean = await printVerdict(system)
  const isLong = runs >= ENOUGH_HITS * points.length
  const isOnce = onUncertain !== 'reconcile' || doubledInTheAir === 0
  if (!isOnce) console.log('ON_UNCERTAIN=reconcile: no part may come twice')
  // A handful of kills is a handful of points.
  const wanted = isLong ? ENOUGH_HITS : runs < points.length ? 0 : 1
  const rare = [...hits].filter(([, count]) => count < wanted)
  if (rare.length > 0) {
    console.log(`incomplete: hit too seldom: ${rare.map(([name]) => name).join(', ')}`)
  }
  process.exitCode = clean && isOnce && rare.length === 0 ? 0 : 1
} finally {
  await system.clear()
}
