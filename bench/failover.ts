/** The benches of what survives a failover. */
import { replicaWait } from './failover/replica-wait.ts'
import type { Bench } from './runner/bench.ts'

export const FAILOVER: readonly Bench[] = [replicaWait]
