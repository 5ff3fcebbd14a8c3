/** The bench by which is reckoned what so many conversations a day need: `npm run capacity`. */
import { turnCosts } from './capacity/turn-costs.ts'
import type { Bench } from './runner/bench.ts'

export const CAPACITY: readonly Bench[] = [turnCosts]
