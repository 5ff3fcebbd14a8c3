/**
 * `npm run test:faults -- --quick | --full`: plays the fault campaigns and prints their table. Exit 0:
 * every row that this machine can play is green; a row that it cannot play is named, and proves
 * nothing.
 */
import { parseArgs } from 'node:util'
import { diceOf } from '../outside/dice.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import type { Campaign } from './campaign.ts'
import { CAMPAIGNS } from './campaigns/all.ts'
import { hitsWantedIn, isFine, judge, type Verdict } from './judge.ts'
import { inLanes } from './lanes.ts'
import { type Played, play } from './player.ts'
import { keep } from './results.ts'
import { Screen } from './screen.ts'
import { detailsOf, type Row, summaryOf, tableOf } from './table.ts'

const HELP = `npm run test:faults -- --quick | --full [options]
  --quick        some of each fault, minutes (default)
  --full         as many as the verdict of a release needs, most of an hour
  --only A,B     these campaigns alone: ${CAMPAIGNS.map(({ name }) => name).join(', ')}
  --count N      so many faults of each, instead of what --quick or --full say
  --seed N       of every choice; the machine's own timing is not in it
  --parallel N   campaigns that mostly wait and run beside the others (default 2)
`
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    count: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    parallel: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const names = values.only.split(',').filter(Boolean)
const unknown = names.filter((name) => !CAMPAIGNS.some((one) => one.name === name))
const count = values.count === undefined ? null : Number(values.count)
const seed = Number(values.seed)
const parallel = Number(values.parallel)
if (unknown.length > 0 || !(parallel >= 0) || !(seed >= 0) || (count !== null && !(count > 0))) {
  if (unknown.length > 0) console.error(`there is no ${unknown.join(', ')}`)
  process.stderr.write(HELP)
  process.exit(2)
}
needRedis()
const length = values.full ? 'full' : 'quick'
const chosen = CAMPAIGNS.filter(({ name }) => names.length === 0 || names.includes(name))
const startedAt = new Date()
console.log(`${length}: ${chosen.length} of ${CAMPAIGNS.length} campaigns, seed ${seed}`)

const stop = new AbortController()
process.on('SIGINT', () => {
  // Who asks twice does not wait for anything to be cleared up.
  if (stop.signal.aborted) process.exit(130)
  stop.abort()
  console.error('stopping; again ^C ends at once')
})
process.once('SIGTERM', () => stop.abort())

const rows = new Map<string, Row>()
const screen = new Screen()
await inLanes(chosen, parallel, playOne)
screen.end()

const played = chosen.flatMap(({ name }) => rows.get(name) ?? [])
console.log(`\n${tableOf(played)}\n`)
for (const row of played) console.log(`${detailsOf(row).join('\n')}\n`)
console.log(`kept in ${keep({ length, seed, startedAt, rows: played })}`)
console.log(`${length}, seed ${seed}: ${summaryOf(played)}`)
const isWell = played.every(({ verdict }) => isFine(verdict)) && played.length === chosen.length
process.exit(stop.signal.aborted ? 130 : isWell ? 0 : 1)

async function playOne(campaign: Campaign): Promise<void> {
  if (stop.signal.aborted) return
  const { name } = campaign
  const asked = count ?? campaign.count[length]
  const job = { name, count: asked, seed: Math.floor(diceOf(seed, name)() * 0x7fffffff) }
  const begunAt = performance.now()
  screen.begin(name, asked)
  const end = await play(job, (done, note) => screen.at(name, done, note), stop.signal)
  const outcome = 'outcome' in end ? end.outcome : null
  const verdict = verdictOn(end, asked)
  const tookS = (performance.now() - begunAt) / 1000
  rows.set(name, { campaign, asked, outcome, verdict, tookS })
  const why = 'why' in verdict ? `: ${verdict.why.join('; ')}` : ''
  screen.done(name, `${name}: ${verdict.is} after ${Math.round(tookS)} s${why}`)
}

function verdictOn(end: Played, asked: number): Verdict {
  if ('missing' in end) return { is: 'not run', why: [end.missing] }
  if (stop.signal.aborted) return { is: 'incomplete', why: ['stopped'] }
  if ('failed' in end) return { is: 'red', why: [`it did not come to its end: ${end.failed}`] }
  // Who asks for a number of faults knows that it is not enough for each point.
  return judge(end.outcome, asked, count === null ? hitsWantedIn(length) : 0)
}
