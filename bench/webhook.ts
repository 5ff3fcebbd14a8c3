/** The benches of the way in over HTTP. */
import type { Bench } from './runner/bench.ts'
import { againstBare } from './webhook/against-bare.ts'

export const WEBHOOK: readonly Bench[] = [againstBare]
