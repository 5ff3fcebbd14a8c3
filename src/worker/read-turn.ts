/** The messages of a turn, in order and as one text; what nobody can read is set aside. */
import { newBatchId } from '../batching/batch-id.ts'
import { fromElement } from '../batching/element.ts'
import { type MergedBatch, merge } from '../batching/merge.ts'
import { idHash, rememberedMs } from '../batching/message-id.ts'
import type { Message } from '../message.ts'
import type { Lease } from './lease.ts'
import type { Begun, TurnDeps } from './turn.ts'

export interface ReadTurn extends Begun, MergedBatch {}

export async function readTurn(turn: Begun, lease: Lease, deps: TurnDeps): Promise<ReadTurn> {
  const messages: Message[] = []
  const unreadable: string[] = []
  for (const payload of turn.payloads) {
    const message = fromElement(payload, turn.who)
    if (message) messages.push(message)
    else unreadable.push(payload)
  }
  if (unreadable.length > 0) await setAside(unreadable, turn, lease, deps)
  const merged = merge(messages, deps.separator)
  return { ...turn, ...merged, to: merged.messages.at(-1)?.address ?? turn.to }
}

/** What nobody can read is kept until somebody has looked at it; the others are answered. */
async function setAside(
  payloads: readonly string[],
  { conversation, batchId }: Begun,
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
