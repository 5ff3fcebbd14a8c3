/** The verdict on humans who step in as people read it, and what happened to one with a complaint. */
import type { Column } from '../outside/table.ts'
import { timeline } from '../outside/timeline.ts'
import { type Ledger, PROMISES, type Verdict } from './audit.ts'
import type { DowntimeVerdict } from './downtime.ts'
import type { Moment } from './own-side.ts'

export function columnOf(verdict: Verdict, { humans }: Pick<Ledger, 'humans'>): Column {
  const at = (moment: Moment): number => humans.filter((human) => human.moment === moment).length
  return {
    conversations: verdict.conversations,
    'messages of people': verdict.accepted,
    'times a human stepped in': verdict.humans,
    '  before the batch is sealed': at('before'),
    '  while the responder is asked': at('during'),
    '  between the parts': at('between'),
    '  before the burst, told after it': at('belated'),
    '  once more': at('again'),
    'parts of the bot': verdict.parts,
    'echoes of them': verdict.echoes,
    "bot parts after the human's message": verdict.afterHuman.length,
    'but for one that was on the wire already': verdict.onTheWire,
    'messages answered by the bot': verdict.answeredByBot,
    'by a human': verdict.answeredByHuman,
    lost: verdict.lost.length,
    'answered by both': verdict.byBoth.length,
    'echoes taken for a human': verdict.echoesForHuman.length,
    'humans taken for an echo': verdict.humansForEcho.length,
    'answers cut short without a human': verdict.cutShort.length,
    'words that the bot was not told of': verdict.forgotten.length,
    'answered twice': verdict.answeredTwice.length,
    'out of order': verdict.outOfOrder.length,
    'parts changed': verdict.changed.length,
    'parts doubled for no reason': verdict.doubled.length,
    'parts doubled by a kill or a far end that did not say that it took': verdict.doubledExplained,
  }
}

export function downtimeColumnOf(verdict: DowntimeVerdict): Column {
  return {
    people: verdict.people,
    'messages two days old': verdict.old,
    'messages hours old': verdict.hours,
    'old ones that are not one entry a person': verdict.notOneEntry.length,
    'old ones answered': verdict.oldAnswered.length,
    'people whose last hours are not one turn': verdict.notOneTurn.length,
  }
}

export function complaintsOf(where: string, verdict: Verdict, ledger: Ledger): string[] {
  return PROMISES.flatMap((promise) => {
    const found = verdict[promise]
    if (found.length === 0) return []
    const first = found[0] ?? ''
    const person =
      /\d{11}/.exec(first)?.[0] ??
      ledger.arrivals.find(({ partId }) => partId.startsWith(first))?.to ??
      ''
    return [
      `${where}, ${promise}: ${found.slice(0, 10).join(', ')}`,
      ...timeline(person, ledger, ownSideOf(person, ledger)),
    ]
  })
}

function ownSideOf(person: string, { humans, echoes }: Ledger): { at: number; what: string }[] {
  return [
    ...humans
      .filter((human) => human.person === person)
      .flatMap(({ text, sentAt, acceptedAt, outcome, holdEndAt }) => [
        { at: sentAt, what: `${text}: is sent` },
        { at: acceptedAt, what: `${text}: is ${outcome}` },
        { at: holdEndAt, what: `${text}: the hold of this ends` },
      ]),
    ...echoes
      .filter((echo) => echo.person === person)
      .flatMap(({ partId, how, sentAt, acceptedAt, outcome }) => [
        { at: sentAt, what: `echo (${how}) of ${partId} is sent` },
        { at: acceptedAt, what: `echo (${how}) of ${partId} is ${outcome}` },
      ]),
  ]
}
