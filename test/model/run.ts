/**
 * `npm run test:model -- --runs 1000`: random sequences of every operation, played by up to four
 * clients at once on Redis, SQLite and the oracle. What goes wrong is shrunk to the shortest
 * sequence and can be played again with the seed and path that are printed.
 */
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { Progress } from '../support/progress.ts'
import { RedisServer } from '../support/redis-server.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { redisEngine, sqliteEngine } from './engines.ts'
import { modelProperty } from './model.ts'

const HELP = `npm run test:model -- [options]
  --runs N      sequences (default 100)
  --clients N   who call at the same moment, 1 to 4 (default 4)
  --seed N      the seed of an earlier run
  --path P      with --seed: the failing sequence itself, as it was printed
  --no-shrink   stop at the first sequence that fails, as it is
`

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    clients: { type: 'string', default: '4' },
    seed: { type: 'string' },
    path: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

helpIf(values.help, HELP)
needRedis()

const runs = Number(values.runs)
const clients = Math.min(4, Math.max(1, Number(values.clients)))
const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed)
const server = await RedisServer.start(['--databases', '2'])
const progress = new Progress('sequences', runs)
let played = 0
const property = modelProperty(async (setup) => {
  played += 1
  progress.at(Math.min(played, runs))
  return [await redisEngine(server, 1, setup), await sqliteEngine(setup)]
}, clients)

console.log(`reduce = SQLite = Redis: ${runs} sequences, up to ${clients} clients, seed ${seed}`)
const parameters = {
  numRuns: runs,
  seed,
  endOnFailure: values['no-shrink'],
  ...(values.path ? { path: values.path } : {}),
}
const outcome = await fc.check(property, parameters)
progress.end()
await server.stop()
if (outcome.failed) {
  console.error(fc.defaultReportMessage(outcome))
  console.error(outcome.errorInstance)
  console.error(
    `\nplay it again: npm run test:model -- --seed ${outcome.seed} --path ${outcome.counterexamplePath}`,
  )
  process.exit(1)
}
console.log(
  `equal after each step of ${outcome.numRuns} sequences: 0 differences, 0 broken promises`,
)
