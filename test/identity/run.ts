/**
 * `npm run test:identity`: random interleavings of messages under a phone, a hidden id and both, on both
 * engines. Exit 0: from the first message that told both on, each person is one conversation, nothing is
 * lost, doubled or out of order.
 */
import { parseArgs } from 'node:util'
import { ENGINES, stopSharedRedis } from '../support/house.ts'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { playIdentity } from './play.ts'

const HELP = `npm run test:identity -- [options]
  --people N   on each engine (default 400)
  --store S    only redis or only sqlite
  --seed N     of who writes what under which address; the machine's own timing is not in it
`
const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '400' },
    store: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const engines = ENGINES.filter((engine) => values.store === undefined || engine === values.store)
if (engines.includes('redis')) needRedis()
console.log(`${values.people} people on ${engines.join(', ')}, seed ${values.seed}`)
let clean = engines.length > 0
try {
  for (const engine of engines) {
    const people = Number(values.people)
    const progress = new Progress(`people on ${engine}`, people)
    const verdict = await playIdentity({
      engine,
      people,
      seed: Number(values.seed),
      onProgress: (done) => progress.at(done),
    })
    progress.end()
    const { sent, turns, linked, postponed, wrong } = verdict
    console.log(
      `${engine.padEnd(6)}  ${sent} messages in ${turns} turns · ${linked} pairs linked, ${postponed} later · wrong: ${wrong.length}`,
    )
    for (const line of wrong.slice(0, 20)) console.log(`✗ ${line}`)
    clean &&= wrong.length === 0
  }
} finally {
  await stopSharedRedis()
}
console.log(clean ? 'always one conversation, nothing lost, in order' : 'not clean')
process.exitCode = clean ? 0 : 1
