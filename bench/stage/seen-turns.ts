/** What became of messages that were written to an arm, by the turns that its worker began. Pure. */
import { quantile } from '../runner/statistics.ts'
import { LIMITS } from './stores.ts'

export interface WrittenMessage {
  readonly person: number
  /** Of its kind in the whole bench. */
  readonly text: string
  readonly at: number
}

export interface SeenTurn {
  /** When the worker began it. */
  readonly at: number
  readonly texts: readonly string[]
}

/** Messages of one burst are nearer to each other than this, of the window; so they belong together. */
const TOGETHER = 0.6

export type Fate = {
  readonly lateP50: number
  readonly lateP99: number
  readonly lostOf10000: number
  /** Turns beyond one a burst, of a hundred bursts. */
  readonly splitOf100: number
}

export function fateOf(
  written: readonly WrittenMessage[],
  turns: readonly SeenTurn[],
  windowMs: number,
): Fate {
  const atOf = new Map(written.map(({ text, at }) => [text, at]))
  // What was taken back and answered again counts where it was answered last.
  const turnOf = new Map(turns.flatMap(({ texts }, n) => texts.map((text) => [text, n])))
  const late = turns
    .filter(({ texts }) => texts.length < LIMITS.maxSize)
    .map(({ at, texts }) => at - Math.max(...texts.map((text) => atOf.get(text) ?? 0)) - windowMs)
  const lost = written.filter(({ text }) => !turnOf.has(text)).length
  const { bursts, splits } = burstsOf(written, turnOf, windowMs * TOGETHER)
  return {
    lateP50: quantile(late, 0.5),
    lateP99: quantile(late, 0.99),
    lostOf10000: (lost / written.length) * 10_000,
    splitOf100: (splits / bursts) * 100,
  }
}

function burstsOf(
  written: readonly WrittenMessage[],
  turnOf: ReadonlyMap<string, number>,
  togetherMs: number,
): { bursts: number; splits: number } {
  const last = new Map<number, WrittenMessage>()
  let [bursts, splits] = [0, 0]
  for (const message of written) {
    const before = last.get(message.person)
    last.set(message.person, message)
    if (!before || message.at - before.at > togetherMs) bursts += 1
    else if (areApart(turnOf.get(before.text), turnOf.get(message.text))) splits += 1
  }
  return { bursts, splits }
}

/** One that is in no turn is lost, not split. */
function areApart(one: number | undefined, other: number | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other
}
