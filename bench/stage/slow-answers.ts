/**
 * The whole service, in this process, beside a responder that takes a fixed time: every planned turn
 * is written before the first is due, and when each was due, asked about and answered comes back.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Gateway } from '../../src/gateway.ts'
import type { Responder } from '../../src/responders/responder.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { BUSY, callers } from './callers.ts'
import type { PlannedTurn } from './crowd.ts'
import { appendTo } from './messages.ts'
import { preciseClock } from './precise-clock.ts'
import { type TurnTimes, TurnWatch } from './turn-times.ts'
import { startWholeService } from './whole-service.ts'

/** Of one answer. */
export const ANSWER_MS = 40
/** Two hundred answers a second at most; one process has CPU for several times as many. */
export const SLOTS = 8
/** No turn is answered for so long: what is left never will be. */
const PATIENCE_MS = 20_000

export interface SlowAnswers {
  /** Null: SQLite. */
  readonly url: string | null
  readonly planned: readonly PlannedTurn[]
  /** Without, everybody is handed over at the same one: first come, first served. */
  readonly hasPriority: boolean
  /** Time to write all turns before the first of them is due. */
  readonly writeMs: number
}

/** Those that were answered. */
export async function slowAnswers(options: SlowAnswers): Promise<readonly TurnTimes[]> {
  const { url, planned, hasPriority, writeMs } = options
  const watch = new TurnWatch(preciseClock())
  const responder: Responder = {
    name: 'slow',
    async respond({ batchId }, signal) {
      watch.asked(batchId)
      return await pause(ANSWER_MS, 'Да', { signal })
    },
  }
  const tenants = [...new Set(planned.map(({ tenant }) => tenant))]
  await using service = await startWholeService({ url, tenants, concurrency: SLOTS, responder })
  const { store, queue, events } = service.gateway
  watch.watch(store, events)
  if (!hasPriority) takePriorityAway(queue)
  const startAt = Date.now() + writeMs
  const random = seededRandom(6)
  await callers(BUSY, planned.length, async (n) => {
    const turn = planned[n]
    if (!turn) return
    const idleMs = Math.ceil(startAt + turn.dueInMs - Date.now())
    await store.append(appendTo(turn.conversation, { n, idleMs, random }))
  })
  if (Date.now() > startAt) throw new Error(`${planned.length} turns were not written in time`)
  return await watch.answered(planned.length, PATIENCE_MS)
}

function takePriorityAway(queue: Gateway['queue']): void {
  const add = queue.add.bind(queue)
  queue.add = (jobs) => add(jobs.map((job) => ({ ...job, priority: 1 })))
}
