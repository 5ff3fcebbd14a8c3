/** The benches of the spool: what keeping costs, and what fresh messages feel of a drain. */
import type { Bench } from './runner/bench.ts'
import { spoolDrain } from './spool/drain.ts'
import { spoolKeep } from './spool/keep.ts'

export const SPOOL: readonly Bench[] = [spoolKeep, spoolDrain]
