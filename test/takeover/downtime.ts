/**
 * The service was down for two days, and the bridge delivers at once what people wrote meanwhile.
 * What is two days old is kept for somebody to decide, one entry a person; what is hours old is one
 * turn a person. The judgement is pure.
 */
import type { Ask } from '../outside/backend.ts'
import { PATHS } from '../outside/bridge.ts'
import { between, diceOf } from '../outside/dice.ts'
import { type Arrival, isTaken } from '../outside/moody-sink.ts'
import { modeOf, type People } from '../outside/people.ts'
import type { BatchSeen } from '../outside/processes.ts'
import { messagesIn, textOf } from '../outside/traffic.ts'

const HOUR_MS = 3_600_000
/** MAX_MESSAGE_AGE is 12 h when nothing is set. */
const AGES_H = { old: [44, 48], hours: [1, 11] } as const

export interface Written {
  readonly seq: number
  readonly age: 'old' | 'hours'
  readonly writtenAt: number
}

export interface Backlog {
  readonly person: string
  /** In the order of writing. */
  readonly written: readonly Written[]
}

export interface DowntimeLedger {
  readonly backlogs: readonly Backlog[]
  readonly asks: readonly Ask[]
  readonly arrivals: readonly Arrival[]
  readonly failed: readonly BatchSeen[]
}

export interface DowntimeVerdict {
  readonly people: number
  readonly old: number
  readonly hours: number
  /** People whose old messages are not exactly one entry, `stale` and whole. */
  readonly notOneEntry: readonly string[]
  /** Old messages that were answered, or that the backend was asked about. */
  readonly oldAnswered: readonly string[]
  /** People whose messages of the last hours were not one answer, whole and in order. */
  readonly notOneTurn: readonly string[]
}

export const DOWNTIME_PROMISES = ['notOneEntry', 'oldAnswered', 'notOneTurn'] as const

export function backlogOf(seed: number, person: string, nowMs: number): Backlog {
  const dice = diceOf(seed, 'downtime', person)
  const kind = between(dice, 0, 2)
  const ages = [
    ...Array.from({ length: kind === 1 ? 0 : between(dice, 1, 5) }, () => 'old' as const),
    ...Array.from({ length: kind === 0 ? 0 : between(dice, 1, 8) }, () => 'hours' as const),
  ]
  const written = ages
    .map((age) => {
      const [least, most] = AGES_H[age]
      return { age, writtenAt: nowMs - between(dice, least * HOUR_MS, most * HOUR_MS) }
    })
    .toSorted((a, b) => a.writtenAt - b.writtenAt)
    .map((one, seq) => ({ ...one, seq }))
  return { person, written }
}

/**
 * In one call, or in two at the same time. Within a call the order is that of the writing: what a
 * sender puts in an array has the order that it means.
 */
export async function deliver(backlog: Backlog, seed: number, people: People): Promise<void> {
  const { person, written } = backlog
  const dice = diceOf(seed, 'delivery', person)
  const share = dice() < 0.5 ? 0 : 0.5
  const calls = Map.groupBy(written, () => dice() < share).values()
  const send = async (some: readonly Written[]): Promise<void> => {
    const messages = some.map(({ seq, writtenAt }) => ({
      ...{ id: `id-${seq}`, from: person, body: textOf({ person, seq }), timestamp: writtenAt },
    }))
    await people.insist(PATHS.batched, { companyId: modeOf(person), messages })
  }
  await Promise.all([...calls].map(send))
}

export function auditDowntime(ledger: DowntimeLedger): DowntimeVerdict {
  const { backlogs, asks, arrivals, failed } = ledger
  const seqsOf = ({ written }: Backlog, age: Written['age']): number[] =>
    written.filter((one) => one.age === age).map(({ seq }) => seq)
  const textsOf = (backlog: Backlog, age: Written['age']): string[] =>
    seqsOf(backlog, age).map((seq) => textOf({ person: backlog.person, seq }))
  const touched = new Set([
    ...asks.flatMap(({ texts }) => texts),
    ...arrivals.flatMap(({ text }) => messagesIn(text).map(textOf)),
  ])
  const entriesOf = Map.groupBy(failed, ({ phone }) => phone)
  const repliesTo = Map.groupBy(arrivals.filter(isTaken), ({ to }) => to)
  const isOneEntry = (backlog: Backlog): boolean => {
    const entries = entriesOf.get(backlog.person) ?? []
    const size = seqsOf(backlog, 'old').length
    if (size === 0) return entries.length === 0
    return entries.length === 1 && entries[0]?.size === size && entries[0].reason === 'stale'
  }
  const isOneTurn = (backlog: Backlog): boolean => {
    const replies = repliesTo.get(backlog.person) ?? []
    const right = textsOf(backlog, 'hours').join(' ')
    const batches = new Set(replies.map(({ partId }) => partId.replace(/\.\d+$/, '')))
    if (right === '') return batches.size === 0
    const firsts = replies.filter(({ partId }) => partId.endsWith('.0'))
    const isRight = firsts.every(({ text }) => messagesIn(text).map(textOf).join(' ') === right)
    return batches.size === 1 && firsts.length > 0 && isRight
  }
  return {
    people: backlogs.length,
    old: backlogs.flatMap((backlog) => seqsOf(backlog, 'old')).length,
    hours: backlogs.flatMap((backlog) => seqsOf(backlog, 'hours')).length,
    notOneEntry: backlogs.filter((one) => !isOneEntry(one)).map(({ person }) => person),
    oldAnswered: backlogs.flatMap((one) => textsOf(one, 'old')).filter((text) => touched.has(text)),
    notOneTurn: backlogs.filter((one) => !isOneTurn(one)).map(({ person }) => person),
  }
}
