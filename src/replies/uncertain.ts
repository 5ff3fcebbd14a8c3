/**
 * What becomes of a part that was in the air when its worker died, by the tenant's wish:
 *
 *   resend: again, under the same id · skip: never again
 *   reconcile: arrived → sent · absent → again · nobody can tell → ON_UNCERTAIN_ELSE
 *
 * It ends with the part recorded as sent or skipped, or with leave to send it; either is told.
 */
import type { Part } from '../message.ts'
import type { Lease } from '../worker/lease.ts'
import type { Begun, TurnDeps } from '../worker/turn.ts'
import { idMark, partMark } from './marks.ts'
import { reconcile, type Verdict } from './reconcile.ts'

interface UncertainIn {
  readonly index: number
  readonly content: Part
  /** Store's clock, ms; undefined where nobody wrote it down. */
  readonly startedAt: number | undefined
}

type Decision = 'sent' | 'resend' | 'skip'

/** True: send it. Throws `LeaseLost`, or what `signal` was aborted with. */
export async function maySendAgain(
  turn: Begun,
  { index, content, startedAt }: UncertainIn,
  lease: Lease,
  deps: Pick<TurnDeps, 'store' | 'clock' | 'events'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { conversation, batchId, to, tenant, lastAt } = turn
  const begunAtMs = performance.now()
  const policy = tenant.onUncertain
  // No answer is older than what it answers.
  const asked = { partId: `${batchId}.${index}`, to, content, startedAt: startedAt ?? lastAt }
  const verdict =
    policy === 'reconcile' ? await reconcile(turn, index, asked, lease, deps, signal) : null
  const decided = await record(decide(turn, verdict), { index, content }, verdict, lease)
  deps.events.emit('part.uncertain', {
    ...{ conversation, batchId, index, policy, decided },
    found: decided === 'sent' ? 'arrived' : (verdict?.found ?? null),
    tookMs: performance.now() - begunAtMs,
    ...(verdict?.error !== undefined && { error: verdict.error }),
  })
  if (decided === 'skip') deps.events.emit('part.skipped', { conversation, batchId, index })
  return decided === 'resend'
}

function decide({ tenant }: Begun, verdict: Verdict | null): Decision {
  if (verdict?.found === 'arrived') return 'sent'
  if (verdict?.found === 'absent') return 'resend'
  const policy = tenant.onUncertain === 'reconcile' ? tenant.uncertainElse : tenant.onUncertain
  return policy === 'skip' ? 'skip' : 'resend'
}

/** What is so in the end: a word of its arrival may come until the last moment. */
async function record(
  decision: Decision,
  { index, content }: Pick<UncertainIn, 'index' | 'content'>,
  verdict: Verdict | null,
  lease: Lease,
): Promise<Decision> {
  if (decision === 'skip') await lease.record({ kind: 'skip', index })
  if (decision === 'sent' && verdict?.providerId != null) {
    const { providerId } = verdict
    await lease.record({ kind: 'sent', index, providerId, mark: idMark(providerId) })
  }
  if (decision !== 'resend' || verdict === null) return decision
  const { unlessNewer } = lease
  const may = await lease.record({ kind: 'start', index, unlessNewer, mark: partMark(content) })
  return may.outcome === 'go' ? 'resend' : 'sent'
}
