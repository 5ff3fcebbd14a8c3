/**
 * A process that opens the store as argv[2] says and writes into it, many callers at once, until it
 * is killed. It says `ready` when it starts; an answer that should not have come ends it.
 */
import type { ConversationKey } from '../../src/message.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { calm } from './calm.ts'
import { Ledger } from './ledger.ts'
import { type Place, storeAt } from './store.ts'
import { Talk } from './talk.ts'
import { syncLess } from './weaken.ts'

export interface WriterJob {
  readonly place: Place
  /** A file on another disk. */
  readonly ledger: string
  readonly seed: number
  /** Which cut of its life it is: no conversation is taken up again. */
  readonly cut: number
  /** The longest that a caller waits before a call, ms. */
  readonly pauseMs: number
  /** Without a sync for each commit. */
  readonly isWeak: boolean
}

const CALLERS = 32

const job = JSON.parse(process.argv[2] ?? '') as WriterJob
const isCertain = job.isWeak && 'dataDir' in job.place ? syncLess() : () => {}
const store = storeAt(job.place)
await store.start()
isCertain()
const ledger = Ledger.at(job.ledger)
process.stdout.write('ready\n')

async function call(caller: number): Promise<never> {
  const random = seededRandom(job.seed * CALLERS + caller)
  const mine = job.pauseMs > 0 ? calm(store, random, job.pauseMs) : store
  for (let n = 0; ; n += 1) {
    const phone = `7${pad(job.cut, 3)}${pad(caller, 3)}${pad(n, 6)}` as ConversationKey
    await new Talk({ store: mine, ledger, random }, phone).play()
  }
}

function pad(n: number, digits: number): string {
  return String(n).padStart(digits, '0')
}

await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
