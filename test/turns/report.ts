/** The verdict on turns as people read it, and what happened to one who has a complaint. */
import type { Column } from '../outside/table.ts'
import { timeline } from '../outside/timeline.ts'
import { type Ledger, PROMISES, type Verdict } from './audit.ts'
import { faultsIn } from './play.ts'

export function columnOf(verdict: Verdict, ledger: Ledger): Column {
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

export function complaintsOf(where: string, verdict: Verdict, ledger: Ledger): string[] {
  return PROMISES.flatMap((field) => {
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
