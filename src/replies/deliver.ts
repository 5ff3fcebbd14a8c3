/**
 * Sends the parts of a draft, each once, at the pace of a person.
 *
 *   start (fence) → send → sent → pause
 *
 * A part that is recorded as sent is never sent again. One that was being sent when its worker died
 * may have reached the person: `uncertain.ts` decides whether it is sent again, under the same id.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { RapidFireError } from '../errors.ts'
import type { Part } from '../message.ts'
import type { Lease } from '../worker/lease.ts'
import { type Begun, Interrupted, type TurnDeps } from '../worker/turn.ts'
import { idMark, partMark } from './marks.ts'
import { pauseMs } from './pace.ts'
import { giveRoomBack, waitForTurn } from './pacer.ts'
import { maySendAgain } from './uncertain.ts'

type DeliveryDeps = Pick<
  TurnDeps,
  'events' | 'pauseMinMs' | 'pauseMaxMs' | 'rate' | 'store' | 'clock'
>

/**
 * Throws `LeaseLost`, `Interrupted` (nothing was sent), `NotNow` (a ceiling is reached), or what
 * `Sender.send` rejects with; parts before that are recorded as sent.
 */
export async function deliver(
  turn: Begun,
  parts: readonly Part[],
  lease: Lease,
  deps: DeliveryDeps,
  stopping: AbortSignal,
): Promise<void> {
  let isFirst = true
  for (const [index, content] of parts.entries()) {
    stopping.throwIfAborted()
    if (!isFirst) await pause(lease, deps, stopping)
    const wasSent = await sendPart(turn, index, content, lease, deps, stopping)
    if (wasSent) isFirst = false
  }
}

/** False when there was nothing to send: an earlier try did, or nobody may. */
async function sendPart(
  turn: Begun,
  index: number,
  content: Part,
  lease: Lease,
  deps: DeliveryDeps,
  stopping: AbortSignal,
): Promise<boolean> {
  const { conversation, batchId, to, sender } = turn
  const { events } = deps
  const before = turn.parts[index]?.state
  if (before === 'sent' || before === 'skipped') return false
  const signal = AbortSignal.any([lease.signal, stopping])
  await waitForTurn(turn, signal, deps)
  const part = { conversation, batchId, index }
  const { unlessNewer } = lease
  const mark = partMark(content)
  const may = await lease.record({ kind: 'start', index, unlessNewer, mark })
  if (may.outcome !== 'go') await giveRoomBack(turn, deps)
  if (may.outcome === 'interrupted') throw new Interrupted()
  if (may.outcome !== 'go') return false
  if (may.uncertain) {
    const { startedAt } = may
    if (!(await maySendAgain(turn, { index, content, startedAt }, lease, deps, signal))) {
      await giveRoomBack(turn, deps)
      return false
    }
  }
  events.emit('part.sending', part)
  const partId = `${batchId}.${index}`
  // Frozen since it was allowed to send: somebody else may be sending by now.
  lease.check()
  const begunAtMs = performance.now()
  let providerId: string
  try {
    providerId = (await sender.send({ partId, to, content }, signal)).providerId
  } catch (error) {
    // Surely not taken: the next try is none that may double it.
    if (wasNotTaken(error)) {
      await lease.record({ kind: 'unsent', index })
      await giveRoomBack(turn, deps)
    }
    throw error
  }
  events.emit('part.taken', { ...part, tookMs: performance.now() - begunAtMs })
  await lease.record({ kind: 'sent', index, providerId, mark: idMark(providerId) })
  events.emit('part.sent', part)
  return true
}

const NOT_TAKEN: ReadonlySet<string> = new Set([
  'send_away',
  'send_denied',
  'send_refused',
  'outside_window',
])

function wasNotTaken(error: unknown): boolean {
  return error instanceof RapidFireError && NOT_TAKEN.has(error.code)
}

async function pause(
  lease: Lease,
  { pauseMinMs, pauseMaxMs }: DeliveryDeps,
  stopping: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([lease.signal, stopping])
  try {
    await wait(pauseMs(pauseMinMs, pauseMaxMs, Math.random()), undefined, { signal })
  } catch {
    throw signal.reason
  }
}
