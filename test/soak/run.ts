/**
 * `npm run soak -- --minutes 30`: load and random faults on a system of real processes, and what
 * becomes of its memory, handles, event loops and keys. Exit 0: nothing lost, nothing doubled that was
 * not in the air, every fault was over when it ended, and nothing grew.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { printVerdict } from '../outside/print-verdict.ts'
import { System } from '../outside/system.ts'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { JUDGED_FROM_ROWS, judge } from './judge.ts'
import { picture } from './picture.ts'
import { soak } from './soak.ts'

const HELP = `npm run soak -- [options]
  --minutes N   how long people write and things happen (default 30)
  --people N    who write at the same time (default 24)
  --patience S  seconds without any answer after which what is missing is lost (default 60)
  --seed N      of faults, bursts and pauses; the machine's own timing is not in it

Growth of memory, handles and keys is judged from ${JUDGED_FROM_ROWS / 60} minutes on. The picture and every row are
kept in test/soak/results.
`
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    people: { type: 'string', default: '24' },
    patience: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const seconds = Number(values.minutes) * 60
if (!(seconds > 0) || !(Number(values.people) > 0)) {
  process.stderr.write(HELP)
  process.exit(2)
}
needRedis()
const random = seededRandom(Number(values.seed))
console.log(`soak: ${values.minutes} minutes, ${values.people} people, seed ${values.seed}`)
const system = await System.start({
  store: 'redis',
  people: Number(values.people),
  random,
  // What two APIs keep while Redis is away is brought in by each in its own order.
  isAtHome: true,
  // One that syncs each second loses what it has acknowledged when it is killed while its disk is slow.
  isSynced: true,
  // Ids are forgotten soon, so that what stays in Redis comes to rest within the run.
  env: {
    ...{ SAMPLES: '1', DEDUPE_WINDOW: '120', BATCH_TIMEOUT: '400', WORKER_LEASE: '1500' },
    // A provider that is down for seconds fails nobody's batch.
    ...{ QUEUE_RETRY_ATTEMPTS: '50', QUEUE_RETRY_DELAY: '200' },
  },
})
const stop = new AbortController()
process.on('SIGINT', () => {
  // Who asks twice does not wait for anything to be cleared up.
  if (stop.signal.aborted) process.exit(130)
  stop.abort()
  console.error('stopping; what was taken is answered first, again ^C ends at once')
})
try {
  const { redis } = system
  if (!redis) throw new Error('no Redis')
  const progress = new Progress('s', seconds)
  const { rows, recoveries } = await soak({
    ...{ system, redis, seconds, random, signal: stop.signal },
    onRow: ({ atS, fault, pending, accepted }, faults) =>
      progress.at(
        Math.round(atS),
        `${accepted} messages taken · ${faults} faults · ${pending ?? '?'} open · ${fault ?? 'calm'}`,
      ),
  })
  progress.end()
  await system.settle(Number(values.patience))
  const { figures, broken } = judge(rows, recoveries)
  const isKept = await printVerdict(system)
  for (const figure of figures) console.log(`${broken.includes(figure) ? '✗' : ' '} ${figure}`)
  const byFault = Map.groupBy(recoveries, ({ fault }) => fault)
  for (const [fault, all] of byFault) {
    const worst = Math.max(...all.map(({ afterS }) => afterS ?? Number.POSITIVE_INFINITY))
    console.log(
      `  ${String(all.length).padStart(4)} × ${fault}, answered again within ${worst.toFixed(1)} s`,
    )
  }
  const dir = join(import.meta.dirname, 'results')
  mkdirSync(dir, { recursive: true })
  const path = join(
    dir,
    `soak-${new Date().toISOString().slice(0, 16).replace(':', '-')}-${values.seed}`,
  )
  const title = `soak: ${values.minutes} minutes, ${recoveries.length} faults, seed ${values.seed}`
  writeFileSync(`${path}.svg`, picture(rows, title))
  const plain = rows.map((row) =>
    JSON.stringify(row, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value)),
  )
  writeFileSync(`${path}.jsonl`, `${plain.join('\n')}\n`)
  console.log(`picture ${path}.svg`)
  const isFine = isKept && broken.length === 0 && !stop.signal.aborted
  console.log(`soak, seed ${values.seed}: ${isFine ? 'it may go on like this' : 'NOT WELL'}`)
  process.exitCode = isFine ? 0 : 1
} finally {
  await system.clear()
}
