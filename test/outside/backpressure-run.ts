/**
 * `npm run test:backpressure -- --bound 20000`: how a system bears it that more people write than are
 * answered, as large and as long as is asked. Exit 0: all of it held.
 */
import { parseArgs } from 'node:util'
import { helpIf, needRedis } from '../support/script-start.ts'
import { judge, play } from './backpressure.ts'

const HELP = `npm run test:backpressure -- [options]
  --bound N        MAX_PENDING (default 5000)
  --minutes N      how long it stays full before the workers come (default 1)
  --memory MB      maxmemory of Redis (default 200)
  --concurrency N  answers at a time of each of two workers (default 20)
`
const { values } = parseArgs({
  options: {
    bound: { type: 'string', default: '5000' },
    minutes: { type: 'string', default: '1' },
    memory: { type: 'string', default: '200' },
    concurrency: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
needRedis()
const bound = Number(values.bound)
const beganAt = performance.now()
const plan = {
  ...{ bound, talkers: Math.ceil(bound / 10), more: 12, newcomers: Math.ceil(bound / 10) },
  ...{ concurrency: Number(values.concurrency), askMs: 20, maxMemoryMb: Number(values.memory) },
  heldMs: Number(values.minutes) * 60_000,
  onStep: (what: string) =>
    console.error(`${((performance.now() - beganAt) / 1000).toFixed(0)} s: ${what}`),
}
const report = await play(plan)
const { verdict, bytesEach, peakBytes, maxBytes, peakAsks, toNewcomers, taken } = report
const mb = (bytes: number): string => (bytes / 1_048_576).toFixed(1)
console.log(
  [
    `opened ${report.opened} of ${bound} · refused ${JSON.stringify(toNewcomers)}`,
    `Redis: at most ${mb(peakBytes)} of ${mb(maxBytes)} MB; a batch that waits takes ${bytesEach.map((bytes) => bytes.toFixed(0)).join(' B, later ')} B`,
    `askings at a time: ${JSON.stringify(peakAsks)} · those who came again got ${JSON.stringify(taken)}`,
    `accepted ${verdict.accepted} = answered ${verdict.answered} · ${verdict.lost.length} lost · ${verdict.doubled.length + verdict.answeredTwice.length} doubled · ${verdict.outOfOrder.length} people out of order`,
  ].join('\n'),
)
const wrong = judge(plan, report)
for (const one of wrong) console.log(`NOT AS PROMISED: ${one}`)
process.exitCode = wrong.length === 0 ? 0 : 1
