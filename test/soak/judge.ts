/**
 * The verdict on a long run. What is lost or doubled is judged by the ledger as everywhere; here it
 * is judged whether the system would have gone on like that: nothing grows, nobody is late without a
 * fault, and each fault is over when it ends. Pure.
 */
import { median, quantile, quarters, type Recovery, type Row } from './series.ts'

export interface Judgement {
  /** One sentence each, with figures. */
  readonly figures: readonly string[]
  /** What breaks a promise; empty: it may go on for ever. */
  readonly broken: readonly string[]
}

/** Shorter runs end before anything settles. */
export const JUDGED_FROM_ROWS = 300

/** P18. */
const RECOVER_S = 30
/** A tenth, and what a process needs to be itself. */
const RSS_GROWTH = 1.1
const RSS_SLACK_MB = 16
const HANDLES_GROWTH = 1.5
const HANDLES_SLACK = 20
const KEYS_GROWTH = 1.5
const KEYS_SLACK = 200
const LATE_P99_MS = 1000
const LAG_MEDIAN_MS = 200

export function judge(rows: readonly Row[], recoveries: readonly Recovery[]): Judgement {
  const figures: string[] = []
  const broken: string[] = []
  const say = (isBroken: boolean, sentence: string): void => {
    figures.push(sentence)
    if (isBroken) broken.push(sentence)
  }
  const isLong = rows.length >= JUDGED_FROM_ROWS
  const calm = rows.filter(({ isCalm }) => isCalm)
  for (const { sentence, isTooMuch } of growths(rows)) say(isLong && isTooMuch, sentence)
  const late = calm.flatMap(({ latenessMs }) => latenessMs)
  const [p50, p99] = [quantile(late, 0.5), quantile(late, 0.99)].map(Math.round)
  say(
    (p99 ?? 0) > LATE_P99_MS,
    `lateness without a fault: p50 ${p50} ms, p99 ${p99} ms of ${late.length} seals`,
  )
  const lag = median(calm.flatMap(({ lagP99Ms }) => [...lagP99Ms.values()]))
  say(lag > LAG_MEDIAN_MS, `event loop lag without a fault: p99 of a second ${Math.round(lag)} ms`)
  const slow = recoveries.filter(({ afterS }) => afterS === null || afterS > RECOVER_S)
  const worst = Math.max(0, ...recoveries.map(({ afterS }) => afterS ?? Number.POSITIVE_INFINITY))
  const named = slow.map(({ fault }) => fault).join(', ')
  say(
    slow.length > 0,
    `after ${recoveries.length} faults somebody was answered within ${worst.toFixed(1)} s${named && `, too late after: ${named}`}`,
  )
  return { figures, broken }
}

function growths(rows: readonly Row[]): { sentence: string; isTooMuch: boolean }[] {
  const [second, last] = quarters(rows)
  const of = (
    what: string,
    unit: string,
    read: (row: Row) => number | null | undefined,
    bound: (before: number) => number,
  ): { sentence: string; isTooMuch: boolean } => {
    const figure = (part: readonly Row[]): number => median(part.flatMap((row) => read(row) ?? []))
    const [before, after] = [figure(second), figure(last)]
    const show = (value: number): string => `${Math.round(value)}${unit}`
    return {
      sentence: `${what}: ${show(before)} in the second quarter, ${show(after)} in the last`,
      isTooMuch: after > bound(before),
    }
  }
  const names = [...new Set(rows.flatMap(({ rssMb }) => [...rssMb.keys()]))].sort()
  return [
    ...names.map((name) =>
      of(
        `memory of ${name}`,
        ' MB',
        (row) => row.rssMb.get(name),
        (mb) => mb * RSS_GROWTH + RSS_SLACK_MB,
      ),
    ),
    ...names.map((name) =>
      of(
        `handles of ${name}`,
        '',
        (row) => row.handles.get(name),
        (n) => n * HANDLES_GROWTH + HANDLES_SLACK,
      ),
    ),
    of(
      'keys in Redis',
      '',
      ({ keys }) => keys,
      (n) => n * KEYS_GROWTH + KEYS_SLACK,
    ),
    of(
      'memory of Redis',
      ' MB',
      ({ redisMb }) => redisMb,
      (mb) => mb * KEYS_GROWTH + RSS_SLACK_MB,
    ),
  ]
}
