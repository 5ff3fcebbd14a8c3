/**
 * The verdict, from outside: what was taken (ledger), what reached people (sink), who was killed.
 * Pure; it knows nothing of the system but that a part's id is `<batch>.<index>`.
 */
import { Air } from './air.ts'
import type { Delivery } from './sink.ts'
import type { Accepted } from './traffic.ts'
import { messagesIn, textOf } from './traffic.ts'

/** A kill, or a freeze until a thaw. */
export interface Interruption {
  readonly instance: string
  readonly at: number
  /** When it went on; it did not when it is left out. */
  readonly until?: number
}

export interface Verdict {
  readonly accepted: number
  readonly answered: number
  /** Taken and in no reply. */
  readonly lost: readonly string[]
  /** In the replies of two batches. */
  readonly answeredTwice: readonly string[]
  /** Parts that came twice, each in the air when its sender was killed, frozen, stalled or not told. */
  readonly doubledInTheAir: number
  /** Parts that came twice for no reason. */
  readonly doubled: readonly string[]
  /** Parts that came with two texts. */
  readonly changed: readonly string[]
  /** People whose replies were out of order or overlapped. */
  readonly outOfOrder: readonly string[]
}

export function audit(
  accepted: readonly Accepted[],
  deliveries: readonly Delivery[],
  interruptions: readonly Interruption[],
  /** As often as it was so: see `stallOf`. */
  stalled: Iterable<string> = [],
  /** Whose messages may come in another order than they were written: it holds within an answer. */
  isLate: (person: string) => boolean = () => false,
): Verdict {
  const byPart = Map.groupBy(deliveries, ({ partId }) => partId)
  const air = new Air(deliveries, interruptions, stalled)
  const doubled: string[] = []
  let doubledInTheAir = 0
  const changed: string[] = []
  for (const [partId, same] of byPart) {
    if (new Set(same.map(({ text }) => text)).size > 1) changed.push(partId)
    for (const [i, again] of same.slice(1).entries()) {
      const before = same[i] as Delivery
      // Of the one that came first: not recorded. Of the one that came last: frozen while it was sent.
      if (before.told === false || air.excuses(before) || air.excuses(again)) doubledInTheAir += 1
      else doubled.push(partId)
    }
  }
  const firsts = [...byPart.values()].map((same) => same[0] as Delivery)
  const batchesOf = batchesByMessage(firsts)
  const sent = [...new Set(accepted.map(textOf))]
  return {
    accepted: sent.length,
    answered: batchesOf.size,
    lost: sent.filter((text) => !batchesOf.has(text)),
    answeredTwice: [...batchesOf].filter(([, batches]) => batches.size > 1).map(([text]) => text),
    doubledInTheAir,
    doubled,
    changed,
    outOfOrder: peopleOutOfOrder(firsts, isLate),
  }
}

export function isClean(verdict: Verdict): boolean {
  const { lost, answeredTwice, doubled, changed, outOfOrder } = verdict
  return [lost, answeredTwice, doubled, changed, outOfOrder].every(({ length }) => length === 0)
}

export const batchOf = (partId: string): string => partId.slice(0, partId.lastIndexOf('.'))
const indexOf = (partId: string): number => Number(partId.slice(partId.lastIndexOf('.') + 1))

function batchesByMessage(firsts: readonly Delivery[]): Map<string, Set<string>> {
  const batches = new Map<string, Set<string>>()
  for (const { partId, text } of firsts) {
    for (const message of messagesIn(text)) {
      const key = textOf(message)
      const known = batches.get(key) ?? new Set()
      batches.set(key, known.add(batchOf(partId)))
    }
  }
  return batches
}

/** Replies come batch after batch, part after part, and their messages in the order of writing. */
function peopleOutOfOrder(
  firsts: readonly Delivery[],
  isLate: (person: string) => boolean,
): string[] {
  const wrong: string[] = []
  for (const [person, parts] of Map.groupBy(firsts, ({ to }) => to)) {
    const inTime = parts.toSorted((a, b) => a.at - b.at)
    const runs: { batch: string; indices: number[] }[] = []
    for (const { partId } of inTime) {
      const batch = batchOf(partId)
      const last = runs.at(-1)
      if (last?.batch === batch) last.indices.push(indexOf(partId))
      else runs.push({ batch, indices: [indexOf(partId)] })
    }
    const answers = inTime.map(({ text }) => messagesIn(text).map(({ seq }) => seq))
    const isOrdered =
      new Set(runs.map(({ batch }) => batch)).size === runs.length &&
      runs.every(({ indices }) => indices.every((index, i) => index === i)) &&
      (isLate(person) ? answers.every(rises) : rises(answers.flat()))
    if (!isOrdered) wrong.push(person)
  }
  return wrong
}

const rises = (seqs: readonly number[]): boolean =>
  seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] ?? -1))
