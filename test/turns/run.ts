/**
 * `npm run test:turns`: 5 000 conversations in both modes on both engines, with real processes, a
 * backend and a far end that fail in every way, and kill -9. Exit 0: nothing lost, nothing out of
 * order, no answer without a message that was there before it began.
 */
import { parseArgs } from 'node:util'
import { stallsAsText } from '../outside/stalls.ts'
import type { StoreName } from '../outside/system.ts'
import { type Column, tableOf } from '../outside/table.ts'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { audit, isClean } from './audit.ts'
import { Play } from './play.ts'
import { columnOf, complaintsOf } from './report.ts'

const HELP = `npm run test:turns -- [options]
Real processes answer people who write on while a backend and a bridge fail and kill -9 falls; an
auditor that knows only what was sent, asked and received says whether the promises were kept.
  --conversations N  in all, in both modes and on both engines (default 5000)
  --store S          only redis or only sqlite
  --at-a-time N      conversations that go on together (default 70)
  --patience S       seconds without any movement after which what is missing is lost (default 60)
  --seed N           of what is written, of all moods and kills; the machine's own timing is not in it
`
const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '5000' },
    store: { type: 'string' },
    'at-a-time': { type: 'string', default: '70' },
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
const remarks: string[] = []
let clean = true
for (const store of stores) await play(store)
console.log(tableOf(columns))
for (const remark of remarks) console.log(remark)
process.exitCode = clean ? 0 : 1

async function play(store: StoreName): Promise<void> {
  const progress = new Progress(`conversations on ${store}`, each * 2)
  const one = new Play({
    ...{ store, conversations: each, atATime: Number(values['at-a-time']) },
    ...{ seed: Number(values.seed), patienceMs: Number(values.patience) * 1000 },
    onProgress: (done, more) => progress.at(done, more),
  })
  let isQuit = false
  const quit = (): void => {
    isQuit = true
    void one.clear().then(() => process.exit(130))
  }
  process.once('SIGINT', quit)
  try {
    const { ledgers, kills, stalls, refusals, books, accounts, troubles } = await one.run()
    progress.end()
    for (const [mode, ledger] of ledgers) {
      const verdict = audit(ledger)
      columns.set(`${store} ${mode}`, columnOf(verdict, ledger))
      clean &&= isClean(verdict)
      remarks.push(...complaintsOf(`${store} ${mode}`, verdict, ledger))
    }
    clean &&= accounts && kills > 0
    remarks.push(
      `${store}: books ${accounts ? 'add up' : 'DO NOT ADD UP'}: ${books}`,
      `${store}: ${kills} kills, ${refusals} calls that had to come again; ${stallsAsText(stalls)}`,
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
