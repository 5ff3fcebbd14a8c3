/** What a scrape reads from the store, the queue and the spool: how much there is now. */
import type { BatchStore } from '../../batching/store.ts'
import type { StoreLoad } from '../../batching/store-load.ts'
import type { LiveRole, RoleName } from '../../batching/store-roles.ts'
import type { MessageQueue } from '../../queue/queue.ts'
import { Deadline } from '../../service.ts'
import { FRESH_MS } from '../roles/heartbeat.ts'
import type { GaugeName } from './metric-specs.ts'
import type { Figures } from './metrics.ts'

/** What of a spool is shown. */
export interface Filled {
  state(): {
    readonly messages: number
    readonly bytes: number
    readonly oldestAgeMs: number | null
  }
}

/** What is looked at. */
export interface Looks {
  readonly store: Pick<BatchStore, 'load' | 'beat'>
  readonly queue: Pick<MessageQueue, 'depth'>
  /** Null where there is none; made after this. */
  readonly spool: () => Filled | null
  /** How many mismatches of roles there are, given who is alive. */
  readonly problems: (live: readonly LiveRole[]) => Promise<number>
}

const ROLES: readonly RoleName[] = ['api', 'processor', 'worker', 'standIn']

/** Below what Prometheus waits for. */
const ANSWER_MS = 2000

/** Known only while the store answers. */
const OF_STORE = [
  ...(['rapid_fire_pending_batches', 'rapid_fire_turns_in_flight'] as const),
  ...(['rapid_fire_oldest_pending_age_seconds', 'rapid_fire_overdue_seconds'] as const),
  ...(['rapid_fire_failed_batches', 'rapid_fire_held_conversations'] as const),
  ...(['rapid_fire_messages', 'rapid_fire_messages_unbalanced', 'rapid_fire_roles'] as const),
  ...(['rapid_fire_role_problems', 'rapid_fire_queue_jobs'] as const),
  ...(['rapid_fire_store_round_trip_seconds', 'rapid_fire_store_memory_bytes'] as const),
  'rapid_fire_store_memory_limit_bytes',
] as const satisfies readonly GaugeName[]

/** Never rejects: what cannot be read is forgotten, and the store counts as down. */
export async function lookNow(figures: Figures, looks: Looks): Promise<void> {
  showSpool(figures, looks.spool())
  const begunAtMs = performance.now()
  const seen = await see(looks)
  for (const name of OF_STORE) figures.forget(name)
  figures.set('rapid_fire_store_up', {}, seen ? 1 : 0)
  if (!seen) return
  const { load, roles, problems, depth } = seen
  figures.set('rapid_fire_store_round_trip_seconds', {}, (load.at - begunAtMs) / 1000)
  showLoad(figures, load.value)
  for (const role of ROLES) {
    figures.set('rapid_fire_roles', { role }, roles.filter((one) => one.role === role).length)
  }
  figures.set('rapid_fire_role_problems', {}, problems)
  figures.set('rapid_fire_queue_jobs', { state: 'waiting' }, depth.waiting)
  figures.set('rapid_fire_queue_jobs', { state: 'active' }, depth.active)
}

async function see({ store, queue, problems }: Looks) {
  const load = store.load().then((value) => ({ value, at: performance.now() }))
  const roles = store.beat(null, FRESH_MS)
  const all = Promise.all([load, roles, roles.then(problems), queue.depth()]).then(
    ([load, roles, problems, depth]) => ({ load, roles, problems, depth }),
    // It says so itself, as an event.
    () => null,
  )
  return (await new Deadline(ANSWER_MS).race(all)) ? await all : null
}

function showLoad(figures: Figures, load: StoreLoad): void {
  const { counts, memory } = load
  figures.set('rapid_fire_pending_batches', {}, load.openBatches)
  figures.set('rapid_fire_turns_in_flight', {}, load.turns)
  figures.set('rapid_fire_failed_batches', {}, load.failedBatches)
  figures.set('rapid_fire_held_conversations', {}, load.holds)
  figures.set('rapid_fire_oldest_pending_age_seconds', {}, load.oldestOpenMs / 1000)
  figures.set('rapid_fire_overdue_seconds', {}, load.overdueMs / 1000)
  const { accepted, answered, failed, discarded, revoked, open } = counts
  for (const [account, n] of Object.entries({
    ...{ accepted, answered, failed, discarded, revoked, open },
  })) {
    figures.set('rapid_fire_messages', { account }, n)
  }
  const settled = answered + failed + discarded + revoked + open
  figures.set('rapid_fire_messages_unbalanced', {}, accepted - settled)
  if (!memory) return
  figures.set('rapid_fire_store_memory_bytes', {}, memory.usedBytes)
  if (memory.limitBytes !== null) {
    figures.set('rapid_fire_store_memory_limit_bytes', {}, memory.limitBytes)
  }
}

function showSpool(figures: Figures, spool: Filled | null): void {
  if (!spool) return
  const { messages, bytes, oldestAgeMs } = spool.state()
  figures.set('rapid_fire_spool_messages', {}, messages)
  figures.set('rapid_fire_spool_bytes', {}, bytes)
  figures.set('rapid_fire_spool_oldest_age_seconds', {}, (oldestAgeMs ?? 0) / 1000)
}
