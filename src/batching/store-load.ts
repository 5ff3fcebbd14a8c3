/** How much is in the store now: for figures and alarms, never for a decision. */
import type { Counts } from './store.ts'

export interface StoreLoad {
  readonly openBatches: number
  /** Sealed and not settled. */
  readonly turns: number
  readonly failedBatches: number
  readonly holds: number
  /** Since the first message of the open batch that is due first, ms; 0 = none is open. */
  readonly oldestOpenMs: number
  /** For how long that batch has been due, ms; 0 while it is not. */
  readonly overdueMs: number
  readonly counts: Counts
  /** Of the server; null where the store has none of its own. `limitBytes` null = no limit. */
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number | null } | null
}
