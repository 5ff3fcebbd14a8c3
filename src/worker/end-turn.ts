/**
 * How a try ends that did not end in an answer.
 *
 *   lost lease → nothing · interrupted → reopened · stopping, a limit → given back
 *   nobody there → waited for, without end until the messages are old
 *   what may heal → tried again, after a backoff or when the other side said · else → failed
 *
 * A turn that is failed tells the person something kind where the tenant wants so, once.
 */
import { newBatchId } from '../batching/batch-id.ts'
import type { Settlement } from '../batching/store-turn.ts'
import { type ErrorCode, messageOf, RapidFireError } from '../errors.ts'
import { textMark } from '../replies/marks.ts'
import { backoffMs, MAX_BACKOFF_MS } from './backoff.ts'
import { type Lease, LeaseLost } from './lease.ts'
import { type Begun, Interrupted, NotNow, Stopping, type TurnDeps } from './turn.ts'

const FINAL: ReadonlySet<ErrorCode> = new Set([
  'send_refused',
  'outside_window',
  'responder_refused',
  'budget_spent',
])
/**
 * Nobody took the call, so it costs no try: a bridge or a backend that starts again is waited for, and
 * so is a token that is right. Work goes on within so many ms of that, or half as many more.
 */
const AWAY_MS: ReadonlyMap<ErrorCode, number> = new Map([
  ['send_away', 10_000],
  ['responder_away', 10_000],
  // Asked seldom: some providers lock who comes with a wrong token again and again.
  ['send_denied', 60_000],
])
/** Whatever the other side says, it is not asked again sooner. */
const MIN_RETRY_AFTER_MS = 1000

export async function endTurn(
  error: unknown,
  turn: Begun,
  lease: Lease,
  deps: TurnDeps,
  stopping: AbortSignal,
): Promise<void> {
  try {
    if (error instanceof LeaseLost || lease.lost) throw error
    await settleEnd(error, turn, lease, deps, stopping)
  } catch (thrown) {
    if (!(thrown instanceof LeaseLost) && !lease.lost) throw thrown
    const { conversation, batchId, epoch } = turn
    deps.events.emit('turn.fenced', { conversation, batchId, epoch })
  }
}

async function settleEnd(
  error: unknown,
  turn: Begun,
  lease: Lease,
  deps: TurnDeps,
  stopping: AbortSignal,
): Promise<void> {
  const { conversation, batchId } = turn
  const { events } = deps
  if (error instanceof Interrupted || lease.interrupted) {
    const { idleMs } = turn.tenant
    await settle({ kind: 'reopen', newBatchId: newBatchId(), idleMs }, turn, lease, deps)
    events.emit('turn.interrupted', { conversation, batchId, times: turn.interrupts + 1 })
    return
  }
  // Whatever went wrong once a stop has cut it short is no try of this turn.
  if (error instanceof Stopping || stopping.aborted) {
    await settle({ kind: 'giveBack', afterMs: 0 }, turn, lease, deps)
    events.emit('turn.givenBack', { conversation, batchId })
    return
  }
  if (error instanceof NotNow) {
    const { waitMs, limit } = error
    await settle({ kind: 'giveBack', afterMs: waitMs }, turn, lease, deps)
    events.emit('turn.postponed', { conversation, batchId, limit, forMs: waitMs })
    return
  }
  await fail(error, turn, lease, deps)
}

async function fail(error: unknown, turn: Begun, lease: Lease, deps: TurnDeps): Promise<void> {
  const { conversation, batchId, retries } = turn
  const { events, maxTries } = deps
  const code = error instanceof RapidFireError ? error.code : 'internal'
  const awayMs = AWAY_MS.get(code)
  if (awayMs !== undefined && isYoung(turn, deps)) {
    const afterMs = Math.round(awayMs * (0.5 + Math.random()))
    await settle({ kind: 'giveBack', afterMs }, turn, lease, deps)
    events.emit('turn.retrying', { conversation, batchId, afterMs, code, error: messageOf(error) })
    return
  }
  const isLast = FINAL.has(code) || retries >= maxTries - 1
  const answerless = !isOfSending(code)
  if (isLast) await apologise(turn, answerless, lease, deps)
  const settlement: Settlement = isLast
    ? { kind: 'failed', reason: code, answerless }
    : {
        kind: 'retry',
        afterMs: afterMs(error, turn, deps),
        maxRetries: maxTries - 1,
        reason: code,
        answerless,
      }
  const outcome = await settle(settlement, turn, lease, deps)
  if (outcome === 'failed') {
    events.emit('turn.failed', { conversation, batchId, reason: code, error: messageOf(error) })
  } else if (settlement.kind === 'retry') {
    events.emit('turn.retrying', {
      conversation,
      batchId,
      afterMs: settlement.afterMs,
      code,
      error: messageOf(error),
    })
  }
}

const OF_SENDING: ReadonlySet<ErrorCode> = new Set([
  'send_failed',
  'send_refused',
  'send_away',
  'send_denied',
  'outside_window',
])

/** A draft was there and could not be sent; anything else left the turn without an answer. */
function isOfSending(code: ErrorCode): boolean {
  return OF_SENDING.has(code)
}

/** Nobody there: waited for as long as the messages are young enough to be answered unasked. */
function isYoung({ lastAt }: Begun, { clock, maxMessageAgeS }: TurnDeps): boolean {
  return clock() - lastAt < maxMessageAgeS * 1000
}

function afterMs(error: unknown, { retries }: Begun, { retryDelayMs }: TurnDeps): number {
  const asked = error instanceof RapidFireError ? error.retryAfterMs : null
  if (asked === null) return backoffMs(retryDelayMs, retries, Math.random())
  return Math.min(Math.max(asked, MIN_RETRY_AFTER_MS), MAX_BACKOFF_MS)
}

/** At most once a batch, and never in the way of its end. */
async function apologise(
  turn: Begun,
  answerless: boolean,
  lease: Lease,
  deps: TurnDeps,
): Promise<void> {
  const { conversation, batchId, to, tenant, sender } = turn
  const { events } = deps
  const { fallbackReply: text } = tenant
  if (text === null) return
  const may = await lease.record({ kind: 'apologise', mark: textMark(text), answerless })
  if (may.outcome !== 'go') return
  try {
    lease.check()
    await sender.send({ partId: `${batchId}.sorry`, to, content: { text } }, lease.signal)
    events.emit('apology.sent', { conversation, batchId })
  } catch (error) {
    if (error instanceof LeaseLost || lease.lost) throw error
    events.emit('apology.failed', { conversation, batchId, error: messageOf(error) })
  }
}

/** Throws `LeaseLost` when another worker settled the turn. */
export async function settle(
  settlement: Settlement,
  { conversation, batchId, epoch }: Begun,
  lease: Lease,
  { store, events }: TurnDeps,
): Promise<string> {
  const begunAtMs = performance.now()
  const { outcome } = await lease.persist(() =>
    store.settle({ conversation, batchId, epoch }, settlement),
  )
  if (outcome === 'fenced') throw new LeaseLost('another worker settled the turn')
  const tookMs = performance.now() - begunAtMs
  events.emit('turn.settled', { conversation, batchId, outcome, tookMs })
  return outcome
}
