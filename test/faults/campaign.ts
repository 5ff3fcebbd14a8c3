/**
 * A campaign: one row of the table that `npm run test:faults` fills. It causes one kind of fault so
 * many times and judges by a ledger outside of the system under test: what a caller was told is
 * kept, against what people were sent. It never asks the system whether it did well.
 */

export interface CampaignOptions {
  /** Faults to cause. */
  readonly count: number
  readonly seed: number
  /** Every choice of the run comes from here, so that the seed plays it again. */
  readonly random: () => number
  readonly onProgress: (done: number, note?: string) => void
  /** Ends the run early; what was started is stopped all the same. */
  readonly signal: AbortSignal
}

export interface Outcome {
  /** Messages that were answered 2xx. */
  readonly accepted: number
  /** Of these, those that nobody answered and that nothing explains. */
  readonly lost: number
  /** Reply parts that reached a person more than once. */
  readonly doubled: number
  /** Of the doubled ones, those that were in the air at a fault, as the row allows. */
  readonly allowed: number
  /** Faults that were really caused. */
  readonly faults: number
  /** How often each named point was hit; empty where the row has none. */
  readonly points: ReadonlyMap<string, number>
  /** Anything else that breaks a promise: order, books, keys left over. One sentence each. */
  readonly broken: readonly string[]
  /** Figures worth telling, one short sentence each. */
  readonly notes: readonly string[]
}

export interface Campaign {
  /** On the command line. */
  readonly name: string
  /** Rows of the menu that it covers, and its own in the table: `fault 22: Redis is killed`. */
  readonly row: string
  /** It waits more than it computes: others may run beside it. */
  readonly waits: boolean
  readonly count: { readonly quick: number; readonly full: number }
  /** Null when this machine can play it, else one line that says what is missing. */
  missing?(): Promise<string | null>
  run(options: CampaignOptions): Promise<Outcome>
}

/** A point that was hit less often proves nothing about it in a full run. */
export const ENOUGH_HITS = 20
