/**
 * `npm run test:takeover`: humans who step in before, during and between the parts of answers, in
 * both modes on both engines, with echoes and kill -9; then two days of downtime. Exit 0: the bot was
 * silent, nobody was answered by both, nothing is lost, no echo was taken for a human.
 */
import { parseArgs } from 'node:util'
import { stallsAsText } from '../outside/stalls.ts'
import type { StoreName } from '../outside/system.ts'
import { type Column, tableOf } from '../outside/table.ts'
import { timeline } from '../outside/timeline.ts'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { audit, isClean } from './audit.ts'
import { auditDowntime, DOWNTIME_PROMISES } from './downtime.ts'
import { Play } from './play.ts'
import { columnOf, complaintsOf, downtimeColumnOf } from './report.ts'

const HELP = `npm run test:takeover -- [options]
Humans write to people past a bot that is made of real processes, at every moment of its answers;
an auditor that knows only what was sent, asked and received says whether the bot gave way.
  --conversations N  in all, in both modes and on both engines (default 800)
  --scenes N         of each conversation (default 5: one of each moment)
  --store S          only redis or only sqlite
  --at-a-time N      conversations that go on together (default 120)
  --patience S       seconds without any movement after which what is missing is lost (default 60)
  --seed N           of scenes, moods, echoes and kills; the machine's own timing is not in it
`
const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '800' },
    scenes: { type: 'string', default: '5' },
    store: { type: 'string' },
    'at-a-time': { type: 'string', default: '120' },
    patience: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const stores = (['sqlite', 'redis'] as const).filter(
  (store) => values.store === undefined || values.store === store,
)
if (stores.includes('redis')) needRedis()
const each = Math.ceil(Number(values.conversations) / stores.length / 2)
console.log(
  `${each * stores.length * 2} conversations on ${stores.join(', ')}, seed ${values.seed}`,
)
const columns = new Map<string, Column>()
const downtimes = new Map<string, Column>()
const remarks: string[] = []
let clean = true
for (const store of stores) await play(store)
console.log(tableOf(columns))
console.log('\na downtime of two days')
console.log(tableOf(downtimes))
for (const remark of remarks) console.log(remark)
process.exitCode = clean ? 0 : 1

async function play(store: StoreName): Promise<void> {
  const progress = new Progress(`conversations on ${store}`, each * 2)
  const one = new Play({
    ...{ store, conversations: each, scenes: Number(values.scenes) },
    ...{ atATime: Number(values['at-a-time']), seed: Number(values.seed) },
    patienceMs: Number(values.patience) * 1000,
    onProgress: (done, more) => progress.at(done, more),
  })
  let isQuit = false
  const quit = (): void => {
    isQuit = true
    void one.clear().then(() => process.exit(130))
  }
  process.once('SIGINT', quit)
  try {
    const played = await one.run()
    progress.end()
    for (const [mode, ledger] of played.ledgers) {
      const verdict = audit(ledger)
      columns.set(`${store} ${mode}`, columnOf(verdict, ledger))
      clean &&= isClean(verdict)
      remarks.push(...complaintsOf(`${store} ${mode}`, verdict, ledger))
    }
    for (const [mode, ledger] of played.downtimes) {
      const verdict = auditDowntime(ledger)
      downtimes.set(`${store} ${mode}`, downtimeColumnOf(verdict))
      for (const promise of DOWNTIME_PROMISES) {
        if (verdict[promise].length === 0) continue
        clean = false
        const person = /\d{11}/.exec(verdict[promise][0] ?? '')?.[0] ?? ''
        const told = { ...ledger, said: [], interruptions: [] }
        remarks.push(
          `${store} ${mode}, ${promise}: ${verdict[promise].slice(0, 10).join(', ')}`,
          ...timeline(person, told),
        )
      }
    }
    const { accounts, kills, stalls, books, troubles } = played
    clean &&= accounts && kills > 0
    remarks.push(
      `${store}: books ${accounts ? 'add up' : 'DO NOT ADD UP'}: ${books}`,
      `${store}: ${kills} kills; ${stallsAsText(stalls)}`,
    )
    if (kills === 0) remarks.push(`incomplete: nothing was killed on ${store}`)
    for (const trouble of troubles.slice(0, 10)) remarks.push(`trouble: ${trouble}`)
  } catch (error) {
    // What a stopped run complains of is no finding; `quit` ends the process.
    if (isQuit) await new Promise(() => {})
    throw error
  } finally {
    process.off('SIGINT', quit)
    await one.clear()
  }
}
