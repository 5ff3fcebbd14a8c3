/** The benches of what is seen: what it costs to see it. */
import { observabilityCost } from './observability/cost.ts'
import type { Bench } from './runner/bench.ts'

export const OBSERVABILITY: readonly Bench[] = [observabilityCost]
