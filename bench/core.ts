/** The benches of the core: the store, the processor, the processes. */
import { appendCostRedis } from './core/append-cost-redis.ts'
import { appendRedis } from './core/append-redis.ts'
import { appendSqlite } from './core/append-sqlite.ts'
import { tickRedis, tickSqlite } from './core/empty-tick.ts'
import { idleRedis } from './core/idle-redis.ts'
import { latenessRedis, latenessSqlite } from './core/lateness.ts'
import { memoryRedis } from './core/memory-redis.ts'
import { originalBursts } from './core/original-bursts.ts'
import { originalIntake } from './core/original-intake.ts'
import { startRedis } from './core/start-redis.ts'
import type { Bench } from './runner/bench.ts'

export const CORE: readonly Bench[] = [
  appendRedis,
  appendCostRedis,
  appendSqlite,
  tickRedis,
  tickSqlite,
  latenessRedis,
  latenessSqlite,
  memoryRedis,
  idleRedis,
  startRedis,
  originalIntake,
  originalBursts,
]
