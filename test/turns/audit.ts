/**
 * What of the promises about turns was kept, from outside: what was taken (with the times of its
 * sending and its 2xx), when the backend was asked and with which messages, what reached the far
 * end, who was killed. Pure; it knows nothing of the system but that a part's id is
 * `<batch>.<index>`.
 */
import { stallOf } from '../outside/air.ts'
import { audit as auditDelivery, type Interruption } from '../outside/audit.ts'
import { type Ask, partText, readPart } from '../outside/backend.ts'
import { type Arrival, isTaken } from '../outside/moody-sink.ts'
import type { Said } from '../outside/people.ts'
import type { Mode } from '../outside/processes.ts'
import { type Stall, startOfWay } from '../outside/stalls.ts'
import { messagesIn, textOf } from '../outside/traffic.ts'

export interface Ledger {
  readonly mode: Mode
  readonly said: readonly Said[]
  readonly asks: readonly Ask[]
  readonly arrivals: readonly Arrival[]
  readonly interruptions: readonly Interruption[]
  readonly stalled: ReadonlySet<string>
  /** Batches that the operator's list of failed ones has. */
  readonly failedBatches: ReadonlySet<string>
  readonly limits: {
    readonly maxSize: number
    readonly maxInterrupts: number
    /** How long a request may be on its way to the far end, but for stalls, ms. */
    readonly onTheWayMs: number
  }
  readonly stalls: readonly Stall[]
}

export interface Verdict {
  readonly conversations: number
  readonly accepted: number
  readonly answers: number
  readonly answered: number
  readonly failed: number
  /** Taken, neither in an answer whose parts all came nor failed. */
  readonly lost: readonly string[]
  readonly answeredTwice: readonly string[]
  readonly outOfOrder: readonly string[]
  /** `<batch> without <message>`: it was taken before a message that the answer has was even sent. */
  readonly without: readonly string[]
  /** The same where it was taken before the first part went out, and the answer was to be made anew. */
  readonly stale: readonly string[]
  readonly doubled: readonly string[]
  readonly doubledExplained: number
  /** Parts with two texts, of two askings, or not as the backend gave them. */
  readonly changed: readonly string[]
  /** Answers in the making that were given up, for one with newer messages. */
  readonly takenBack: number
  /** The same, and the next asking had no newer message. */
  readonly takenBackInVain: readonly string[]
}

/** What reached a person of one batch. */
interface Answer {
  readonly batchId: string
  readonly person: string
  readonly texts: ReadonlySet<string>
  /** When the first part first came, whether or not it was taken. */
  readonly firstAt: number
  readonly isComplete: boolean
}

export function audit(ledger: Ledger): Verdict {
  const { said, asks, arrivals, failedBatches } = ledger
  const askOf = new Map(asks.map((ask) => [ask.no, ask]))
  const delivery = auditDelivery(
    said,
    arrivals.filter(isTaken),
    ledger.interruptions,
    ledger.stalled,
  )
  const answers = answersIn(arrivals)
  const texts = new Set(said.map(textOf))
  const answered = new Set(
    answers.filter(({ isComplete }) => isComplete).flatMap((answer) => [...answer.texts]),
  )
  const failed = new Set(
    asks
      .filter(({ batchId }) => failedBatches.has(batchId))
      .flatMap((ask) => ask.texts.filter((text) => !answered.has(text))),
  )
  const among = (some: ReadonlySet<string>): string[] => [...texts].filter((one) => some.has(one))
  const back = takenBack(asks, arrivals)
  const missing = missingIn(answers, failed, ledger)
  return {
    conversations: new Set(said.map(({ person }) => person)).size,
    accepted: texts.size,
    answers: answers.length,
    answered: among(answered).length,
    failed: among(failed).length,
    lost: [...texts].filter((text) => !answered.has(text) && !failed.has(text)),
    answeredTwice: delivery.answeredTwice,
    outOfOrder: delivery.outOfOrder,
    ...missing,
    doubled: delivery.doubled,
    doubledExplained: delivery.doubledInTheAir,
    changed: [...new Set([...delivery.changed, ...notAsGiven(arrivals, askOf)])],
    takenBack: back.all.length,
    takenBackInVain: back.inVain,
  }
}

export const PROMISES = [
  ...(['lost', 'answeredTwice', 'outOfOrder', 'without', 'stale'] as const),
  ...(['takenBackInVain', 'doubled', 'changed'] as const),
]

export function isClean(verdict: Verdict): boolean {
  return PROMISES.every((promise) => verdict[promise].length === 0)
}

function answersIn(arrivals: readonly Arrival[]): Answer[] {
  const answers: Answer[] = []
  for (const [batchId, parts] of Map.groupBy(arrivals, ({ partId }) => batchOf(partId))) {
    const taken = parts.filter(isTaken)
    const indices = new Set(taken.map(({ text }) => readPart(text)?.index))
    const first = taken[0]
    if (!first) continue
    answers.push({
      batchId,
      person: first.to,
      texts: new Set(taken.flatMap(({ text }) => messagesIn(text).map(textOf))),
      firstAt: Math.min(...parts.map(({ at }) => at)),
      isComplete: indices.size === readPart(first.text)?.parts,
    })
  }
  return answers.sort((a, b) => a.firstAt - b.firstAt)
}

/** A message is missing in an answer when it is in no earlier one either, and had to be in this. */
function missingIn(
  answers: readonly Answer[],
  failed: ReadonlySet<string>,
  ledger: Ledger,
): Pick<Verdict, 'without' | 'stale'> {
  const without: string[] = []
  const stale: string[] = []
  const saidBy = Map.groupBy(ledger.said, ({ person }) => person)
  const asksFor = Map.groupBy(ledger.asks, ({ person }) => person)
  for (const [person, inTime] of Map.groupBy(answers, (answer) => answer.person)) {
    const waiting = new Map((saidBy.get(person) ?? []).map((one) => [textOf(one), one]))
    for (const text of failed) waiting.delete(text)
    for (const answer of inTime) {
      const its = [...answer.texts].flatMap((text) => waiting.get(text) ?? [])
      for (const text of answer.texts) waiting.delete(text)
      const lastSentAt = Math.max(...its.map(({ sentAt }) => sentAt))
      const staleBefore = staleFrom(answer, asksFor.get(person) ?? [], ledger)
      for (const [text, { acceptedAt }] of waiting) {
        if (acceptedAt < lastSentAt) without.push(`${answer.batchId} without ${text}`)
        else if (acceptedAt < staleBefore) stale.push(`${answer.batchId} without ${text}`)
      }
    }
  }
  return { without, stale }
}

/** What was taken before this had to be in the answer; nothing had to where nothing takes it back. */
function staleFrom(
  answer: Answer,
  asks: readonly Ask[],
  { mode, limits, stalled, stalls, interruptions }: Ledger,
): number {
  const nothing = Number.NEGATIVE_INFINITY
  if (mode === 'collect' || answer.texts.size >= limits.maxSize) return nothing
  const its = asks.filter(({ batchId }) => batchId === answer.batchId)
  // A process that could not go on may have said that it sends, and then may not have.
  if (its.some(({ instance, batchId }) => stalled.has(stallOf(instance, batchId)))) {
    return nothing
  }
  const before = asks.filter(
    ({ batchId, texts }) =>
      batchId !== answer.batchId && texts.some((text) => answer.texts.has(text)),
  )
  if (new Set(before.map(({ batchId }) => batchId)).size >= limits.maxInterrupts) return nothing
  // Killed with the answer in hand: it may have been sending already.
  const deaths = its.flatMap(({ instance, end }) =>
    interruptions
      .filter((one) => one.instance === instance && end?.how === 'answered' && one.at > end.at)
      .map(({ at }) => at),
  )
  return startOfWay(Math.min(answer.firstAt, ...deaths), limits.onTheWayMs, stalls)
}

function notAsGiven(arrivals: readonly Arrival[], askOf: ReadonlyMap<number, Ask>): string[] {
  const askings = new Map<string, number>()
  return arrivals.flatMap(({ partId, text }) => {
    const batchId = batchOf(partId)
    const read = readPart(text)
    const ask = read && askOf.get(read.no)
    if (!read || !ask || ask.batchId !== batchId || `${batchId}.${read.index}` !== partId) {
      return [partId]
    }
    const first = askings.get(batchId) ?? read.no
    askings.set(batchId, first)
    const given = partText(read.no, read.index, read.parts, ask.texts)
    return first === read.no && given === text ? [] : [partId]
  })
}

/**
 * Answers in the making that were taken back: asked for in one batch, and all the same in the next
 * of the same person. In vain where the next asking brought nothing new. What was sent to the person
 * was not taken back, whatever stands behind it.
 */
function takenBack(
  asks: readonly Ask[],
  arrivals: readonly Arrival[],
): { all: string[]; inVain: string[] } {
  const sent = new Set(arrivals.map(({ text }) => readPart(text)?.no))
  const all: string[] = []
  const inVain: string[] = []
  for (const ofPerson of Map.groupBy(asks, ({ person }) => person).values()) {
    const asMade = ofPerson.toSorted(byBatch)
    for (const [i, ask] of asMade.entries()) {
      const next = asMade[i + 1]
      const first = ask.texts[0] ?? ''
      if (sent.has(ask.no)) continue
      if (!next || next.batchId === ask.batchId || !next.texts.includes(first)) continue
      all.push(`a${ask.no}`)
      if (next.texts.every((text) => ask.texts.includes(text)))
        inVain.push(`a${ask.no} of ${first}`)
    }
  }
  return { all, inVain }
}

/**
 * Two askings that are made within a moment may overtake each other on their way to the backend; the
 * ids of their batches tell which was made first.
 */
function byBatch(a: Ask, b: Ask): number {
  if (a.batchId === b.batchId) return a.no - b.no
  return a.batchId < b.batchId ? -1 : 1
}

const batchOf = (partId: string): string => partId.slice(0, partId.lastIndexOf('.'))
