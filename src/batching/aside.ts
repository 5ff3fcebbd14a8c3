/**
 * The entry of messages that are kept as failed without being answered unasked: one a conversation
 * and reason, to which later ones are added until somebody retries or discards it.
 *
 * It is a batch that was never handed over, so its attempt is 0 and a retry makes it the first.
 * It has no window of its own: given back to the open batch it is due at once, all of it.
 */
import type { BatchId } from '../message.ts'
import type { Turn } from './conversation-state.ts'

export interface Addition {
  readonly now: number
  readonly added: number
  readonly newBatchId: BatchId
}

/** The entry after `added` messages more; `entry` is null when there is none yet. Times in ms. */
export function addAside(entry: Turn | null, { now, added, newBatchId }: Addition): Turn {
  if (entry) {
    return { ...entry, size: entry.size + added, lastAt: now }
  }
  return {
    id: newBatchId,
    state: 'sealed',
    size: added,
    firstAt: now,
    lastAt: now,
    dueAt: now,
    sealedAt: now,
    cause: 'age',
    ageMs: 0,
    maxSize: 0,
    extra: 0,
    restId: null,
    attempt: 0,
    epoch: 0,
    starts: 0,
    retries: 0,
    wakeAt: now,
    draft: null,
    parts: [],
    heard: null,
    interrupts: 0,
    apologised: false,
  }
}
