/** The benches of the way in over HTTP. */
import type { Bench } from './runner/bench.ts'
import { webhookCost } from './webhook/cost.ts'

export const WEBHOOK: readonly Bench[] = [webhookCost]
