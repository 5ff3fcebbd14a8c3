/** The benches of what it reaches: with a million open batches, under load, in many processes. */
import { dueRedis, dueSqlite } from './reach/due-of-million.ts'
import { latenessLoaded } from './reach/lateness-loaded.ts'
import { manyIdle, manyProcesses } from './reach/many-processes.ts'
import { memoryAnswered } from './reach/memory-answered.ts'
import { memoryIds } from './reach/memory-ids.ts'
import { memoryRoles } from './reach/memory-roles.ts'
import type { Bench } from './runner/bench.ts'

export const REACH: readonly Bench[] = [
  dueRedis,
  dueSqlite,
  latenessLoaded,
  memoryIds,
  memoryAnswered,
  memoryRoles,
  manyProcesses,
  manyIdle,
]
