/** Replies of the scripts and raw hashes, read into the port's types. */
import type { BatchId, ConversationKey, SealCause } from '../../message.ts'
import { draftIn } from '../draft.ts'
import type { BatchView, DueConversation, OpenBatchView } from '../store.ts'
import type { BeginResult, PartState, SealedTurn } from '../store-turn.ts'
import type { RedisKeys } from './keys.ts'

/** Holds without end are stored as this or more. */
export const FOREVER = 8_000_000_000_000_000

export function dueConversations(keys: RedisKeys, flat: readonly string[]): DueConversation[] {
  const found: DueConversation[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) {
    found.push({ ...keys.parseMember(flat[i] ?? ''), dueAt: Number(flat[i + 1]) })
  }
  return found
}

export function sealedTurn(
  conversation: ConversationKey,
  batchId: BatchId,
  attempt: number,
  [firstAt, lastAt, dueAt, sealedAt, cause]: readonly string[],
  payloads: readonly string[],
  inFlight: number,
): SealedTurn {
  return {
    conversation,
    batchId,
    attempt,
    payloads,
    cause: cause as SealCause,
    firstAt: Number(firstAt),
    lastAt: Number(lastAt),
    dueAt: Number(dueAt),
    sealedAt: Number(sealedAt),
    inFlight,
  }
}

/** `sending` alone where nobody wrote down since when. */
export function partState(field: string | undefined): PartState {
  if (!field) return { state: 'waiting' }
  if (field === 'sending') return { state: 'sending' }
  if (field.startsWith('sending:')) {
    return { state: 'sending', startedAt: Number(field.slice('sending:'.length)) }
  }
  if (field === 'skipped') return { state: 'skipped' }
  return { state: 'sent', providerId: field.slice('sent:'.length) }
}

export function begun(reply: readonly string[]): BeginResult {
  const [outcome, epoch, retries, firstAt, lastAt, starts, interrupts, draft, count] = reply
  if (outcome !== 'go') {
    return { outcome: outcome as Exclude<BeginResult['outcome'], 'go'> }
  }
  const parts = Number(count)
  return {
    outcome,
    epoch: Number(epoch),
    retries: Number(retries),
    firstAt: Number(firstAt),
    lastAt: Number(lastAt),
    starts: Number(starts),
    interrupts: Number(interrupts),
    draft: draft ? draftIn(JSON.parse(draft)) : null,
    parts: reply.slice(9, 9 + parts).map(partState),
    payloads: reply.slice(9 + parts),
  }
}

/** One that cannot be read hides no batch from people. */
function draftOrNull(json: string): BatchView['draft'] {
  try {
    return draftIn(JSON.parse(json))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

type Hash = Readonly<Record<string, string>>

export function batchView(batchId: BatchId, hash: Hash): BatchView {
  const parts = Array.from({ length: Number(hash.parts ?? 0) }, (_, i) => {
    const [part, startedAt] = [hash[`p${i}`], hash[`s${i}`]]
    return partState(part === 'sending' && startedAt ? `${part}:${startedAt}` : part)
  })
  return {
    batchId,
    conversation: hash.c as ConversationKey,
    state: hash.state as BatchView['state'],
    size: Number(hash.size),
    firstAt: Number(hash.first),
    lastAt: Number(hash.last),
    sealedAt: Number(hash.sealed),
    settledAt: hash.settled ? Number(hash.settled) : null,
    attempt: Number(hash.attempt),
    retries: Number(hash.retries),
    reason: hash.reason ?? null,
    draft: hash.draft ? draftOrNull(hash.draft) : null,
    parts,
    restId: (hash.rest || null) as BatchId | null,
  }
}

/** Fields of the conversation's hash that `openView` reads, in this order, and whose they are. */
export const WINDOW_FIELDS = ['first', 'last', 'n', 'due', 'max', 'turn', 'hold', 'id'] as const

export function openView(
  conversation: ConversationKey,
  batchId: BatchId,
  [firstAt, lastAt, n, due, max, turn, hold]: readonly (string | null | undefined)[],
  now: number,
): OpenBatchView {
  const size = Number(n)
  const byWindow = size >= Number(max) ? Math.min(Number(due), Number(lastAt)) : Number(due)
  const heldUntil = Number(hold ?? 0)
  const isHeld = heldUntil > now
  const dueAt = isHeld ? Math.max(heldUntil, byWindow) : byWindow
  return {
    conversation,
    batchId,
    size,
    firstAt: Number(firstAt),
    lastAt: Number(lastAt),
    dueAt: turn || (isHeld && heldUntil >= FOREVER) ? null : dueAt,
    sealed: false,
  }
}
