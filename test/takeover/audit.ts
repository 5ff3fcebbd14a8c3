/**
 * What of the promises about a human who steps in was kept, from outside: what people, humans and
 * echoes said and when each had its 2xx, when the backend was asked and what it was told of the
 * past, what reached the far end, who was killed. Pure; it knows nothing of the system but that a
 * part's id is `<batch>.<index>`.
 */
import { audit as auditDelivery, type Interruption } from '../outside/audit.ts'
import { type Ask, readPart } from '../outside/backend.ts'
import { type Arrival, isTaken } from '../outside/moody-sink.ts'
import type { Said } from '../outside/people.ts'
import { endOfWay, type Stall, startOfWay } from '../outside/stalls.ts'
import { messagesIn, textOf } from '../outside/traffic.ts'
import type { Echo, HumanSaid } from './own-side.ts'

export interface Ledger {
  readonly said: readonly Said[]
  readonly humans: readonly HumanSaid[]
  readonly echoes: readonly Echo[]
  readonly asks: readonly Ask[]
  readonly arrivals: readonly Arrival[]
  readonly interruptions: readonly Interruption[]
  readonly stalled: ReadonlySet<string>
  /** How long a request may be on its way to the backend or the far end, but for stalls, ms. */
  readonly onTheWayMs: number
  readonly stalls: readonly Stall[]
}

export interface Verdict {
  readonly conversations: number
  readonly accepted: number
  readonly humans: number
  readonly parts: number
  readonly echoes: number
  /** Parts of the bot that came after a human's words. */
  readonly afterHuman: readonly string[]
  /** The one part that was on its way when the human's words were taken. */
  readonly onTheWire: number
  readonly answeredByBot: number
  readonly answeredByHuman: number
  /** In no reply, and no human had it before their eyes. */
  readonly lost: readonly string[]
  /** A human had it before their eyes, and the bot began to answer it after that. */
  readonly byBoth: readonly string[]
  readonly echoesForHuman: readonly string[]
  readonly humansForEcho: readonly string[]
  /** Answers that are not whole, and no human was there to cut them short. */
  readonly cutShort: readonly string[]
  /** What was said, and the last asking was not told of it, or told twice. */
  readonly forgotten: readonly string[]
  readonly answeredTwice: readonly string[]
  readonly outOfOrder: readonly string[]
  readonly doubled: readonly string[]
  readonly doubledExplained: number
  readonly changed: readonly string[]
}

/** Clocks of processes on one machine, rounded to ms, and a hold that ends in time. */
const ROUNDING_MS = 50

export function audit(ledger: Ledger): Verdict {
  const { said, humans, echoes, asks, arrivals } = ledger
  const taken = arrivals.filter(isTaken)
  const delivery = auditDelivery(said, taken, ledger.interruptions, ledger.stalled)
  const seen = seenByHumans(ledger)
  const after = afterHuman(ledger)
  const unanswered = delivery.lost
  return {
    conversations: new Set(said.map(({ person }) => person)).size,
    accepted: delivery.accepted,
    humans: humans.length,
    parts: arrivals.length,
    echoes: echoes.length,
    ...after,
    answeredByBot: delivery.answered,
    answeredByHuman: unanswered.filter((text) => seen.maybe.has(text)).length,
    lost: unanswered.filter((text) => !seen.maybe.has(text)),
    byBoth: byBoth(ledger, seen.surely),
    echoesForHuman: echoes
      .filter(({ outcome }) => !['echo', 'duplicate'].includes(outcome))
      .map(labelOf),
    humansForEcho: humans.filter((one) => !isHuman(one)).map(labelOf),
    cutShort: cutShort(ledger),
    forgotten: forgotten(said, humans, asks),
    answeredTwice: delivery.answeredTwice,
    outOfOrder: delivery.outOfOrder,
    doubled: delivery.doubled,
    doubledExplained: delivery.doubledInTheAir,
    changed: delivery.changed,
  }
}

export const PROMISES = [
  ...(['afterHuman', 'lost', 'byBoth', 'echoesForHuman', 'humansForEcho', 'cutShort'] as const),
  ...(['forgotten', 'answeredTwice', 'outOfOrder', 'doubled', 'changed'] as const),
]

export function isClean(verdict: Verdict): boolean {
  return PROMISES.every((promise) => verdict[promise].length === 0)
}

const labelOf = ({ person, text, outcome }: HumanSaid | Echo): string =>
  `${person}: "${text.slice(0, 40)}" was taken for ${outcome}`

/** Repeated until it had a 2xx, it may have been taken before. */
const isHuman = ({ outcome, tries }: HumanSaid): boolean =>
  outcome === 'human' || (outcome === 'duplicate' && tries > 1)

/**
 * Messages that a human had before their eyes: surely, with the moment from which the bot must not
 * begin to answer them; or maybe, when both were on their way at the same time.
 */
function seenByHumans({ said, humans }: Ledger): {
  surely: Map<string, number>
  maybe: Set<string>
} {
  const surely = new Map<string, number>()
  const maybe = new Set<string>()
  const humansOf = Map.groupBy(humans, ({ person }) => person)
  for (const message of said) {
    const text = textOf(message)
    for (const human of humansOf.get(message.person) ?? []) {
      if (human.writtenAt < message.writtenAt) continue
      if (message.sentAt < human.acceptedAt) maybe.add(text)
      if (message.acceptedAt >= human.sentAt) continue
      surely.set(text, Math.min(surely.get(text) ?? human.acceptedAt, human.acceptedAt))
    }
  }
  return { surely, maybe }
}

function afterHuman(ledger: Ledger): { afterHuman: string[]; onTheWire: number } {
  const wrong = new Set<string>()
  const onTheWire = new Set<string>()
  const arrivalsOf = Map.groupBy(ledger.arrivals, ({ to }) => to)
  const firstAsk = new Map(ledger.asks.toReversed().map((ask) => [ask.batchId, ask] as const))
  const writtenAt = new Map(ledger.said.map((said) => [textOf(said), said.writtenAt]))
  for (const human of ledger.humans) {
    const wireEndAt = endOfWay(human.acceptedAt, ledger.onTheWayMs, ledger.stalls)
    let wired: string | null = null
    for (const { at, partId } of arrivalsOf.get(human.person) ?? []) {
      if (at <= human.acceptedAt) continue
      const ask = firstAsk.get(batchOf(partId))
      const wasInTheMaking = ask !== undefined && ask.at < human.sentAt
      // Told so late that its hold is over, and older than all that is answered: it means nothing.
      const isPast = human.holdEndAt <= human.acceptedAt
      const first = Math.min(...(ask?.texts ?? []).map((text) => writtenAt.get(text) ?? 0))
      if (isPast && first > human.writtenAt) continue
      if (!wasInTheMaking && at >= human.holdEndAt - ROUNDING_MS) continue
      if (at <= wireEndAt) wired ??= partId
      if (wired === partId && at <= wireEndAt) onTheWire.add(partId)
      else wrong.add(partId)
    }
  }
  return { afterHuman: [...wrong], onTheWire: onTheWire.size }
}

function byBoth(ledger: Ledger, surely: ReadonlyMap<string, number>): string[] {
  const wrong = new Set<string>()
  const judge = (texts: readonly string[], at: number): void => {
    for (const text of texts) {
      const from = surely.get(text)
      if (from === undefined) continue
      if (at > endOfWay(from, ledger.onTheWayMs, ledger.stalls)) wrong.add(text)
    }
  }
  for (const { texts, at } of ledger.asks) judge(texts, at)
  for (const parts of Map.groupBy(ledger.arrivals, ({ partId }) => partId).values()) {
    const texts = parts.flatMap(({ text }) => messagesIn(text).map(textOf))
    judge(texts, Math.min(...parts.map(({ at }) => at)))
  }
  return [...wrong]
}

/** An answer ends early when a human comes between its first part and the next answer. */
function cutShort({ humans, arrivals, onTheWayMs, stalls }: Ledger): string[] {
  const wrong: string[] = []
  const humansOf = Map.groupBy(humans, ({ person }) => person)
  for (const [person, ofPerson] of Map.groupBy(arrivals, ({ to }) => to)) {
    const batches = [...Map.groupBy(ofPerson, ({ partId }) => batchOf(partId))]
    for (const [i, [batchId, parts]] of batches.entries()) {
      const taken = parts.filter(isTaken)
      const whole = readPart(taken[0]?.text ?? '')?.parts
      if (whole === undefined) continue
      if (new Set(taken.map(({ partId }) => partId)).size === whole) continue
      const firstAt = Math.min(...parts.map(({ at }) => at))
      const nextAt = batches[i + 1]?.[1][0]?.at ?? Number.POSITIVE_INFINITY
      const cutFrom = startOfWay(firstAt, onTheWayMs, stalls)
      const cut = humansOf
        .get(person)
        ?.some(({ sentAt, acceptedAt }) => acceptedAt > cutFrom && sentAt < nextAt)
      if (!cut) wrong.push(batchId)
    }
  }
  return wrong
}

/** What the last asking was told of the past has each word that was said before, once. */
function forgotten(
  said: readonly Said[],
  humans: readonly HumanSaid[],
  asks: readonly Ask[],
): string[] {
  const wrong: string[] = []
  const saidBy = Map.groupBy(said, ({ person }) => person)
  const humansOf = Map.groupBy(humans, ({ person }) => person)
  const lastAsk = new Map(asks.map((ask) => [ask.person, ask]))
  for (const [person, ofPerson] of saidBy) {
    const { history = [], texts = [] } = lastAsk.get(person) ?? {}
    const told = [
      ...texts,
      ...history
        .filter(({ who }) => who === 'person')
        .flatMap(({ text }) => messagesIn(text).map(textOf)),
    ]
    const words = history.filter(({ who }) => who === 'human').map(({ text }) => text)
    for (const text of ofPerson.map(textOf)) {
      if (told.filter((one) => one === text).length !== 1) wrong.push(text)
    }
    for (const { text } of humansOf.get(person) ?? []) {
      if (words.filter((one) => one === text).length !== 1) wrong.push(`${person}: ${text}`)
    }
  }
  return wrong
}

const batchOf = (partId: string): string => partId.slice(0, partId.lastIndexOf('.'))
