/** The benches of fairness: what a tenant with few turns feels of one with many, and what that costs. */
import { beside } from './fairness/beside-a-big-one.ts'
import { longLine } from './fairness/long-line.ts'
import { priorityCost } from './fairness/priority-cost.ts'
import type { Bench } from './runner/bench.ts'

export const FAIRNESS: readonly Bench[] = [...beside, ...longLine, priorityCost]
