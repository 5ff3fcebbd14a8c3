/** What was seen over a run, as rows in time; and what of it can be said in a number. Pure. */

/** One second of the run. */
export interface Row {
  /** Since the start, s. */
  readonly atS: number
  /** The fault that is on, or null: calm since `CALM_S`. */
  readonly fault: string | null
  readonly isCalm: boolean
  /** Of the members that nobody kills, by name. */
  readonly rssMb: ReadonlyMap<string, number>
  readonly handles: ReadonlyMap<string, number>
  readonly lagP99Ms: ReadonlyMap<string, number>
  readonly latenessMs: readonly number[]
  /** Null while Redis does not say. */
  readonly pending: number | null
  readonly keys: number | null
  readonly redisMb: number | null
  readonly accepted: number
  readonly delivered: number
}

export interface Recovery {
  readonly fault: string
  /** From its end until somebody was answered, s; null: nobody was any more. */
  readonly afterS: number | null
}

/** After a fault the work that gathered is still being done. */
export const CALM_S = 10

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** The second and the last quarter: the first one is warming up. */
export function quarters<Value>(rows: readonly Value[]): readonly [Value[], Value[]] {
  const quarter = Math.floor(rows.length / 4)
  return [rows.slice(quarter, 2 * quarter), rows.slice(rows.length - quarter)]
}
