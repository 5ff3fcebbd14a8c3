/** The benches of whole turns, and of what others do with the same bursts. */
import type { Bench } from './runner/bench.ts'
import { againstOthers } from './turns/against-others.ts'
import { rawLimit } from './turns/raw-limit.ts'
import { wholeTurns } from './turns/whole-turns.ts'

export const TURNS: readonly Bench[] = [wholeTurns, againstOthers, rawLimit]
