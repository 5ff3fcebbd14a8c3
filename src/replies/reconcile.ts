/**
 * Finds out whether a part arrived that was in the air when its worker died, within a bounded time:
 *
 *   the store (a status or an echo came in) → the channel's own question → wait, and look again
 *
 * It sends nothing and records nothing. A provider that cannot be asked makes no error: nobody knows.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { UncertainPart } from '../channels/channel.ts'
import { messageOf } from '../errors.ts'
import type { Lease } from '../worker/lease.ts'
import type { Begun, TurnDeps } from '../worker/turn.ts'
import { ownIdHash } from './marks.ts'

export interface Verdict {
  readonly found: 'arrived' | 'absent' | 'unknown'
  /** The provider's, where it arrived and the store does not have it yet. */
  readonly providerId: string | null
  /** Why the channel could not be asked the last time. */
  readonly error?: string
}

const LOOK_EVERY_MS = 1000
const UNKNOWN: Verdict = { found: 'unknown', providerId: null }

type ReconcileDeps = Pick<TurnDeps, 'store' | 'clock'>

/** Rejects with what `signal` was aborted with. */
export async function reconcile(
  turn: Begun,
  index: number,
  part: UncertainPart,
  lease: Lease,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Verdict> {
  const { sender, tenant, batchId } = turn
  if (!sender.proofs?.length) return UNKNOWN
  const endsAtMs = performance.now() + tenant.reconcileMs
  for (;;) {
    const view = await lease.persist(() => deps.store.batch(batchId))
    if (view?.parts[index]?.state === 'sent') return { found: 'arrived', providerId: null }
    const verdict = await ask(turn, part, endsAtMs, deps, signal)
    if (verdict.found === 'arrived') return verdict
    // What was sent a moment ago may not be in the list yet.
    const isOld = deps.clock() - part.startedAt >= tenant.reconcileMs
    const leftMs = endsAtMs - performance.now()
    if (leftMs <= 0 || (verdict.found === 'absent' && isOld)) return verdict
    try {
      await wait(Math.min(LOOK_EVERY_MS, leftMs), undefined, { signal })
    } catch {
      throw signal.reason
    }
  }
}

async function ask(
  { sender, conversation }: Begun,
  part: UncertainPart,
  endsAtMs: number,
  { store }: ReconcileDeps,
  signal: AbortSignal,
): Promise<Verdict> {
  if (!sender.find) return UNKNOWN
  const inTime = AbortSignal.timeout(Math.max(1, Math.ceil(endsAtMs - performance.now())))
  try {
    const { ids, isAll } = await sender.find(part, AbortSignal.any([signal, inTime]))
    // Another part may have said the same; those that were sent are known by their ids.
    const known = await store.marked(conversation, ids.map(ownIdHash))
    const providerId = ids.find((_, i) => !known[i])
    if (providerId !== undefined) return { found: 'arrived', providerId }
    return isAll ? { found: 'absent', providerId: null } : UNKNOWN
  } catch (error) {
    if (signal.aborted) throw signal.reason
    return { ...UNKNOWN, error: messageOf(error) }
  }
}
