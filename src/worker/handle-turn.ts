/**
 * One try at a turn, from `begin` to `settle`.
 *
 *   begin → read → compose (or the draft of an earlier try) → deliver → settle
 *
 * What goes wrong is a settlement (`end-turn.ts`): retry with backoff, failed, reopened, given back.
 * A worker that loses its lease settles nothing; whoever has the turn then does.
 */
import { tracesOf } from '../batching/element.ts'
import type { PartSent } from '../batching/store-turn.ts'
import { type Drafted, deliver, startAtOnce } from '../replies/deliver.ts'
import { giveRoomBack } from '../replies/pacer.ts'
import { compose } from './compose.ts'
import { endTurn, settle } from './end-turn.ts'
import { Lease, LeaseLost } from './lease.ts'
import { patiently } from './patience.ts'
import { type ReadTurn, readTurn } from './read-turn.ts'
import { Interrupted, Stopping, type Turn, type TurnDeps, tenantOf } from './turn.ts'
import { typing } from './typing.ts'

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
  const { events, keys } = deps
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
  const { conversation, batchId } = turn
  if (begun.outcome !== 'go') {
    if (begun.outcome === 'poison') {
      events.emit('turn.failed', { conversation, batchId, reason: 'poison' })
    } else events.emit('turn.refused', { conversation, batchId, outcome: begun.outcome })
    return
  }
  const { epoch, interrupts } = begun
  const size = begun.payloads.length
  const traces = tracesOf(begun.payloads)
  const { attempt } = turn
  const isTraced = traces.length > 0
  const tookMs = performance.now() - begunAtMs
  events.emit('turn.begun', {
    ...{ conversation, batchId, attempt, epoch, size, tookMs },
    ...(isTraced && { traces }),
  })
  const who = keys.parse(conversation)
  const tenant = tenantOf(who.tenant, deps)
  // A full turn has no room for what came since: made anew, its answer would be to the same messages.
  const isFull = begun.payloads.length >= tenant.maxSize
  const mayInterrupt =
    tenant.whileAnswering === 'interrupt' && interrupts < tenant.maxInterrupts && !isFull
  using lease = new Lease(deps, { ...turn, epoch, unlessNewer: mayInterrupt }, begunAtMs)
  let alone = false
  const sender = deps.senders.of(who)
  let read: ReadTurn = {
    ...turn,
    ...begun,
    who,
    tenant,
    sender,
    to: who.peer,
    text: '',
    messages: [],
  }
  try {
    if (begun.starts >= LONELY_FROM) {
      alone = await deps.solitude.alone(stopping)
      if (!alone) throw new Stopping()
    }
    read = await readTurn(read, lease, deps)
    await answer(read, lease, deps, stopping)
  } catch (error) {
    await endTurn(error, read, lease, deps, stopping)
  } finally {
    if (alone) deps.solitude.together()
  }
}

async function answer(
  turn: ReadTurn,
  lease: Lease,
  deps: TurnDeps,
  stopping: AbortSignal,
): Promise<void> {
  const { conversation, batchId, payloads, lastAt } = turn
  using _ = typing(turn, lease.signal, deps)
  const drafted = turn.draft
    ? { parts: turn.draft, isStarted: false }
    : await draft(turn, lease, deps, stopping)
  if (!drafted) return
  const last = await deliver(turn, drafted, lease, deps, stopping)
  if (last) await endWith(last, turn, lease, deps)
  else await settle({ kind: 'answered' }, turn, lease, deps)
  deps.events.emit('turn.answered', {
    conversation,
    batchId,
    size: payloads.length,
    parts: drafted.parts.length,
    sinceLastMs: Math.max(0, deps.clock() - lastAt),
  })
}

/** The end tells that the last part was sent. */
async function endWith(
  last: PartSent,
  turn: ReadTurn,
  lease: Lease,
  deps: TurnDeps,
): Promise<void> {
  const { conversation, batchId } = turn
  try {
    const outcome = await settle({ kind: 'answered', last }, turn, lease, deps)
    if (outcome === 'gone') return
  } catch (error) {
    // Whatever keeps the turn from its end, what was sent does not go out again.
    if (!(error instanceof LeaseLost) && !lease.lost) await lease.record({ kind: 'sent', ...last })
    throw error
  }
  deps.events.emit('part.sent', { conversation, batchId, index: last.index })
}

/**
 * The first draft that is stored stands, so a later try never sends another text. Null when the
 * answer comes later from elsewhere: the turn waits for it in the store. Throws `Interrupted` where a
 * newer message takes back what was about to be sent.
 */
async function draft(
  turn: ReadTurn,
  lease: Lease,
  deps: TurnDeps,
  stopping: AbortSignal,
): Promise<Drafted | null> {
  const { conversation, batchId } = turn
  const startedAtMs = performance.now()
  const composed = await compose(turn, lease, deps, stopping)
  if ('laterMs' in composed) {
    const { laterMs: forMs, heard } = composed
    await settle({ kind: 'park', forMs, heard }, turn, lease, deps)
    deps.events.emit('turn.parked', { conversation, batchId, forMs })
    return null
  }
  const first = await startAtOnce(turn, composed.parts, lease, deps, stopping)
  const step = { kind: 'draft', ...composed, ...(first && { first }) } as const
  const recorded = await lease.record(step).catch(async (error: unknown) => {
    // Nothing of it is sent here; that error is the one to tell.
    if (first) await giveRoomBack(turn, deps).catch(() => {})
    throw error
  })
  const isDrafted = recorded.outcome === 'drafted'
  const parts = isDrafted ? recorded.parts : composed.parts
  const isStarted = isDrafted && recorded.first === 'go'
  if (first && !isStarted) await giveRoomBack(turn, deps)
  const tookMs = performance.now() - startedAtMs
  deps.events.emit('turn.drafted', { conversation, batchId, parts: parts.length, tookMs })
  if (isDrafted && recorded.first === 'interrupted') throw new Interrupted()
  return { parts, isStarted }
}
