/**
 * `npm run test:turns`: 5 000 conversations in both modes on both engines, with real processes, a
 * backend and a far end that fail in every way, and kill -9. Exit 0: nothing lost, nothing out of
 * order, no answer without a message that was there before it began.
 */
import { parseArgs } from 'node:util'
import { stallsAsText } from '../outside/stalls.ts'
import type { StoreName } from '../outside/system.ts'
import { type Column, tableOf } from '../outside/table.ts'
import { timeline } from '../outside/timeline.ts'
import { Progress } from '../support/progress.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { audit, isClean, type Ledger, type Verdict } from './audit.ts'
import { faultsIn, Play } from './play.ts'

const HELP = `npm run test:turns -- [options]
Real processes answer people who write on while a backend and a bridge fail and kill -9 falls; an
auditor that knows only what was sent, asked and received says whether the promises were kept.
  --conversations N  in all, in both modes and on both engines (default 5000)
  --store S          only redis or only sqlite
  --at-a-time N      conversations that go on together (default 150)
  --patience S       seconds without any movement after which what is missing is lost (default 60)
  --seed N           of what is written, of all moods and kills; the machine's own timing is not in it
`
const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '5000' },
    store: { type: 'string' },
    'at-a-time': { type: 'string', default: '150' },
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
const complaints: string[] = []
let clean = true
for (const store of stores) await play(store)
console.log(tableOf(columns))
for (const complaint of complaints) console.log(complaint)
process.exitCode = clean ? 0 : 1

async function play(store: StoreName): Promise<void> {
  const progress = new Progress(`conversations on ${store}`, each * 2)
  const one = new Play({
    ...{ store, conversations: each, atATime: Number(values['at-a-time']) },
    ...{ seed: Number(values.seed), patienceMs: Number(values.patience) * 1000 },
    onProgress: (done, more) => progress.at(done, more),
  })
  const quit = (): void => void one.clear().then(() => process.exit(130))
  process.once('SIGINT', quit)
  try {
    const { ledgers, kills, refusals, books, accounts, troubles } = await one.run()
    progress.end()
    for (const [mode, ledger] of ledgers) {
      const verdict = audit(ledger)
      columns.set(`${store} ${mode}`, columnOf(verdict, ledger))
      clean &&= isClean(verdict)
      complaints.push(...complaintsOf(`${store} ${mode}`, verdict, ledger))
    }
    clean &&= accounts
    const stalls = stallsAsText(ledgers.get('collect')?.stalls ?? [])
    const state = accounts ? 'add up' : 'DO NOT ADD UP'
    complaints.push(
      `${store}: ${kills} kills, ${stalls}, ${refusals} calls that had to come again, books ${state}: ${books}`,
    )
    for (const trouble of troubles.slice(0, 10)) complaints.push(`trouble: ${trouble}`)
  } finally {
    process.off('SIGINT', quit)
    await one.clear()
  }
}

function columnOf(verdict: Verdict, ledger: Ledger): Column {
  const faults = faultsIn(ledger)
  return {
    conversations: verdict.conversations,
    'messages accepted': verdict.accepted,
    answers: verdict.answers,
    'messages answered': verdict.answered,
    failed: verdict.failed,
    lost: verdict.lost.length,
    'out of order': verdict.outOfOrder.length,
    'answered twice': verdict.answeredTwice.length,
    'answered without a message that was accepted before the answer began': verdict.without.length,
    'stale answers in interrupt': ledger.mode === 'interrupt' ? verdict.stale.length : '',
    'parts changed': verdict.changed.length,
    'parts doubled for no reason': verdict.doubled.length,
    'parts doubled by a kill or a far end that did not say that it took': verdict.doubledExplained,
    'answers in the making that were taken back': verdict.takenBack,
    'of them with nothing newer in the next': verdict.takenBackInVain.length,
    'askings of the backend': ledger.asks.length,
    'of them to fail': faults.responder,
    'sendings of a part': ledger.arrivals.length,
    'of them to fail, or not to be told': faults.channel,
  }
}

function complaintsOf(where: string, verdict: Verdict, ledger: Ledger): string[] {
  const fields = [
    ...(['lost', 'answeredTwice', 'outOfOrder', 'without', 'stale', 'changed'] as const),
    ...(['doubled', 'takenBackInVain'] as const),
  ]
  return fields.flatMap((field) => {
    const found = verdict[field]
    if (found.length === 0) return []
    const person = personIn(found[0] ?? '', ledger)
    const story = person === undefined ? [] : timeline(person, ledger)
    return [`${where}, ${field}: ${found.slice(0, 10).join(', ')}`, ...story]
  })
}

/** Whom a complaint is about: it names a message, a person or a part. */
function personIn(complaint: string, { arrivals }: Ledger): string | undefined {
  const named = /\d{11}/.exec(complaint)?.[0]
  return named ?? arrivals.find(({ partId }) => partId === complaint)?.to
}
