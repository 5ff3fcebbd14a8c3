/**
 * One try at a turn, from `begin` to `settle`.
 *
 *   begin → read → answer (or the draft of an earlier try) → deliver → settle
 *
 * What goes wrong is a settlement: retry with backoff, or failed. A worker that loses its lease
 * settles nothing; whoever has the turn then does.
 */
import { newBatchId } from '../batching/batch-id.ts'
import { fromElement } from '../batching/element.ts'
import { type MergedBatch, merge } from '../batching/merge.ts'
import { idHash, rememberedMs } from '../batching/message-id.ts'
import type { BatchStore, BeginResult, Settlement } from '../batching/store.ts'
import { isQuiet } from '../batching/window.ts'
import type { Channel } from '../channels/channel.ts'
import type { Clock } from '../clock.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { Message } from '../message.ts'
import type { Events } from '../observability/events.ts'
import type { Job } from '../queue/queue.ts'
import { deliver } from '../replies/deliver.ts'
import type { Responder } from '../responders/responder.ts'
import { backoffMs } from './backoff.ts'
import { Lease, LeaseLost } from './lease.ts'
import { patiently } from './patience.ts'
import type { Solitude } from './solitude.ts'

export interface TurnDeps {
  readonly store: BatchStore
  readonly responder: Responder
  readonly channel: Channel
  readonly events: Events
  readonly keys: ConversationKeys
  readonly clock: Clock
  readonly separator: string
  readonly dedupeS: number
  readonly leaseMs: number
  readonly responderTimeoutMs: number
  /** Shared by all turns of this worker. */
  readonly solitude: Solitude
  /** Tries until the turn is failed. */
  readonly maxTries: number
  readonly retryDelayMs: number
}

type Turn = Pick<Job, 'batchId' | 'attempt' | 'conversation'>
type Begun = Extract<BeginResult, { outcome: 'go' }>

/** Not here and now: the turn is given back as it is. */
export class Stopping extends Error {
  override readonly name = 'Stopping'
}

/** A turn that was started so often without an end is answered alone. */
const LONELY_FROM = 3

/** Resolves when the turn is settled, given back, or somebody else's. */
export async function handleTurn(turn: Turn, deps: TurnDeps, stopping: AbortSignal): Promise<void> {
  await deps.solitude.enter(stopping)
  try {
    await enteredTurn(turn, deps, stopping)
  } finally {
    deps.solitude.leave()
  }
}

async function enteredTurn(turn: Turn, deps: TurnDeps, stopping: AbortSignal): Promise<void> {
  let begunAtMs = performance.now()
  // A job that ended here would be gone, and its turn with it until somebody looks for it.
  const begun = await patiently(
    () => {
      begunAtMs = performance.now()
      return deps.store.begin(turn)
    },
    () => stopping.throwIfAborted(),
    stopping,
  )
  if (begun.outcome !== 'go') {
    const { conversation, batchId } = turn
    if (begun.outcome === 'poison') {
      deps.events.emit('turn.failed', { conversation, batchId, reason: 'poison' })
    } else deps.events.emit('turn.refused', { conversation, batchId, outcome: begun.outcome })
    return
  }
  deps.events.emit('turn.begun', { ...turn, epoch: begun.epoch })
  using lease = new Lease(deps, { ...turn, epoch: begun.epoch }, begunAtMs)
  let alone = false
  try {
    if (begun.starts >= LONELY_FROM) {
      alone = await deps.solitude.alone(stopping)
      if (!alone) throw new Stopping()
    }
    await answer(turn, begun, lease, deps, stopping)
  } catch (error) {
    await settleFailure(error, turn, begun, lease, deps, stopping)
  } finally {
    if (alone) deps.solitude.together()
  }
}

async function answer(
  turn: Turn,
  begun: Begun,
  lease: Lease,
  deps: TurnDeps,
  stopping: AbortSignal,
): Promise<void> {
  const { merged, unreadable } = read(turn, begun, deps)
  if (unreadable.length > 0) await setAside(unreadable, turn, lease, deps)
  const parts = begun.draft ?? (await draft(turn, merged, lease, deps, stopping))
  const to = merged.messages.at(-1)?.address ?? deps.keys.parse(turn.conversation).peer
  await deliver({ ...turn, to, parts }, lease, deps.channel, deps.events, stopping)
  await settle({ kind: 'answered' }, turn, begun, lease, deps)
  const { conversation, batchId } = turn
  deps.events.emit('turn.answered', {
    conversation,
    batchId,
    size: begun.payloads.length,
    parts: parts.length,
    sinceLastMs: Math.max(0, deps.clock() - begun.lastAt),
  })
}

function read(
  { conversation }: Turn,
  begun: Begun,
  deps: TurnDeps,
): { merged: MergedBatch; unreadable: readonly string[] } {
  const address = deps.keys.parse(conversation)
  const messages: Message[] = []
  const unreadable: string[] = []
  for (const payload of begun.payloads) {
    const message = fromElement(payload, address)
    if (message) messages.push(message)
    else unreadable.push(payload)
  }
  return { merged: merge(messages, deps.separator), unreadable }
}

/** What nobody can read is kept until somebody has looked at it; the others are answered. */
async function setAside(
  payloads: readonly string[],
  { conversation, batchId }: Turn,
  lease: Lease,
  { store, events, dedupeS }: TurnDeps,
): Promise<void> {
  const newId = newBatchId()
  await lease.persist(() =>
    store.setAside({
      conversation,
      reason: 'unreadable',
      // The same element again is the same message, however often its turn is tried.
      messages: payloads.map((payload) => ({ idHash: idHash(`unreadable\n${payload}`), payload })),
      dedupeMs: rememberedMs(dedupeS),
      newBatchId: newId,
    }),
  )
  events.emit('message.unreadable', { conversation, batchId, count: payloads.length })
}

/** The first draft that is stored stands, so a later try never sends another text. */
async function draft(
  turn: Turn,
  merged: MergedBatch,
  lease: Lease,
  deps: TurnDeps,
  stopping: AbortSignal,
): Promise<readonly string[]> {
  const { conversation, batchId } = turn
  const startedAtMs = performance.now()
  const answered = merged.messages.every(isQuiet)
    ? []
    : await respond(turn, merged, lease, deps, stopping)
  const parts = answered.map((part) => part.text)
  const recorded = await lease.record({ kind: 'draft', parts })
  const tookMs = performance.now() - startedAtMs
  deps.events.emit('turn.drafted', { conversation, batchId, parts: parts.length, tookMs })
  return recorded.outcome === 'drafted' ? recorded.parts : parts
}

async function respond(
  { conversation, batchId }: Turn,
  merged: MergedBatch,
  lease: Lease,
  { responder, responderTimeoutMs, keys }: TurnDeps,
  stopping: AbortSignal,
) {
  const timeout = AbortSignal.timeout(responderTimeoutMs)
  const signal = AbortSignal.any([lease.signal, stopping, timeout])
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  try {
    const request = { ...merged, batchId, conversation: keys.parse(conversation) }
    // A responder that ignores its signal must not hold the turn.
    return await Promise.race([responder.respond(request, signal), aborted])
  } catch (error) {
    if (signal.aborted && signal.reason !== timeout.reason) throw signal.reason
    throw new RapidFireError('responder_failed', `${responder.name}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

async function settleFailure(
  error: unknown,
  turn: Turn,
  begun: Begun,
  lease: Lease,
  deps: TurnDeps,
  stopping: AbortSignal,
): Promise<void> {
  const { conversation, batchId } = turn
  if (error instanceof LeaseLost || lease.signal.aborted) {
    deps.events.emit('turn.fenced', { conversation, batchId, epoch: begun.epoch })
    return
  }
  // Whatever went wrong once a stop has cut it short is no try of this turn.
  if (error instanceof Stopping || stopping.aborted) {
    await settle({ kind: 'giveBack' }, turn, begun, lease, deps)
    deps.events.emit('turn.givenBack', { conversation, batchId })
    return
  }
  const code = error instanceof RapidFireError ? error.code : 'internal'
  const settlement: Settlement =
    code === 'send_refused'
      ? { kind: 'failed', reason: code }
      : {
          kind: 'retry',
          afterMs: backoffMs(deps.retryDelayMs, begun.retries, Math.random()),
          maxRetries: deps.maxTries - 1,
          reason: code,
        }
  const outcome = await settle(settlement, turn, begun, lease, deps)
  if (outcome === 'failed') deps.events.emit('turn.failed', { conversation, batchId, reason: code })
  else if (settlement.kind === 'retry') {
    const { afterMs } = settlement
    deps.events.emit('turn.retrying', {
      conversation,
      batchId,
      afterMs,
      code,
      error: messageOf(error),
    })
  }
}

async function settle(
  settlement: Settlement,
  turn: Turn,
  { epoch }: Begun,
  lease: Lease,
  { store }: TurnDeps,
): Promise<string> {
  const { outcome } = await lease.persist(() => store.settle({ ...turn, epoch }, settlement))
  if (outcome === 'fenced') throw new LeaseLost('another worker settled the turn')
  return outcome
}
