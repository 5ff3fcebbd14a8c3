/** The benches of what it reaches: with a million open batches, under load, in many processes. */
import { dueRedis, dueSqlite } from './reach/due-of-million.ts'
import { latenessLoaded } from './reach/lateness-loaded.ts'
import type { Bench } from './runner/bench.ts'

export const REACH: readonly Bench[] = [dueRedis, dueSqlite, latenessLoaded]
