/**
 * Sends the parts of a draft, each once, at the pace of a person.
 *
 *   start (fence) → send → sent → pause
 *
 * The first may have been started together with its draft, and that the last was sent is told
 * together with the end of the turn: a round trip less each.
 *
 * A part that is recorded as sent is never sent again. One that was being sent when its worker died
 * may have reached the person: `uncertain.ts` decides whether it is sent again, under the same id.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { PartSent, PartStart } from '../batching/store-turn.ts'
import { RapidFireError } from '../errors.ts'
import type { Part } from '../message.ts'
import type { Lease } from '../worker/lease.ts'
import { type Begun, Interrupted, type TurnDeps } from '../worker/turn.ts'
import { idMark, partMark } from './marks.ts'
import { pauseMs } from './pace.ts'
import { giveRoomBack, hasRoomNow, waitForTurn } from './pacer.ts'
import { maySendAgain } from './uncertain.ts'

type DeliveryDeps = Pick<
  TurnDeps,
  'events' | 'pauseMinMs' | 'pauseMaxMs' | 'rate' | 'store' | 'clock'
>

/** A draft that was stored, and whether its first part was started with it. */
export interface Drafted {
  readonly parts: readonly Part[]
  readonly isStarted: boolean
}

/**
 * Answers the last part, when it was sent just now and that is not recorded yet.
 *
 * Throws `LeaseLost`, `Interrupted` (nothing was sent), `NotNow` (a ceiling is reached), or what
 * `Sender.send` rejects with; parts before that are recorded as sent.
 */
export async function deliver(
  turn: Begun,
  { parts, isStarted }: Drafted,
  lease: Lease,
  deps: DeliveryDeps,
  stopping: AbortSignal,
): Promise<PartSent | null> {
  let isFirst = true
  for (const [index, content] of parts.entries()) {
    const isGoing = isStarted && index === 0
    if (isGoing && stopping.aborted) await takeBack(turn, index, lease, deps)
    stopping.throwIfAborted()
    if (!isFirst) await pause(lease, deps, stopping)
    const may = isGoing || (await start(turn, index, content, lease, deps, stopping))
    if (!may) continue
    const sent = await sendPart(turn, index, content, lease, deps, stopping)
    if (index === parts.length - 1) return sent
    isFirst = false
    await lease.record({ kind: 'sent', ...sent })
    const { conversation, batchId } = turn
    deps.events.emit('part.sent', { conversation, batchId, index })
  }
  return null
}

/** To start the first part together with its draft; null where it has to wait, or there is none. */
export async function startAtOnce(
  turn: Begun,
  parts: readonly Part[],
  lease: Lease,
  deps: DeliveryDeps,
  stopping: AbortSignal,
): Promise<PartStart | null> {
  const [content] = parts
  if (!content || stopping.aborted || !(await hasRoomNow(turn, deps))) return null
  return { unlessNewer: lease.unlessNewer, mark: partMark(content) }
}

/** A part that was started here and surely not sent: the next start need not ask whether it arrived. */
async function takeBack(
  turn: Begun,
  index: number,
  lease: Lease,
  deps: DeliveryDeps,
): Promise<void> {
  await lease.record({ kind: 'unsent', index })
  await giveRoomBack(turn, deps)
}

/** False when there is nothing to send: an earlier try did, or nobody may. */
async function start(
  turn: Begun,
  index: number,
  content: Part,
  lease: Lease,
  deps: DeliveryDeps,
  stopping: AbortSignal,
): Promise<boolean> {
  const before = turn.parts[index]?.state
  if (before === 'sent' || before === 'skipped') return false
  const signal = lease.signalUnless(stopping)
  await waitForTurn(turn, signal, deps)
  const { unlessNewer } = lease
  const may = await lease.record({ kind: 'start', index, unlessNewer, mark: partMark(content) })
  if (may.outcome !== 'go') await giveRoomBack(turn, deps)
  if (may.outcome === 'interrupted') throw new Interrupted()
  if (may.outcome !== 'go') return false
  const { uncertain, startedAt } = may
  if (!uncertain) return true
  if (await maySendAgain(turn, { index, content, startedAt }, lease, deps, signal)) return true
  await giveRoomBack(turn, deps)
  return false
}

async function sendPart(
  turn: Begun,
  index: number,
  content: Part,
  lease: Lease,
  deps: DeliveryDeps,
  stopping: AbortSignal,
): Promise<PartSent> {
  const { conversation, batchId, to, sender } = turn
  const { events } = deps
  const part = { conversation, batchId, index }
  const signal = lease.signalUnless(stopping)
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
    if (wasNotTaken(error)) await takeBack(turn, index, lease, deps)
    throw error
  }
  events.emit('part.taken', { ...part, tookMs: performance.now() - begunAtMs })
  return { index, providerId, mark: idMark(providerId) }
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
  const signal = lease.signalUnless(stopping)
  try {
    await wait(pauseMs(pauseMinMs, pauseMaxMs, Math.random()), undefined, { signal })
  } catch {
    throw signal.reason
  }
}
