/**
 * Sends the parts of a draft, each once.
 *
 *   start (fence) → send → sent
 *
 * A part that is recorded as sent is never sent again. One that was being sent when its worker died
 * may have reached the person: it is sent again under the same id, and the event says so.
 */
import type { Channel } from '../channels/channel.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import type { Events } from '../observability/events.ts'
import type { Lease } from '../worker/lease.ts'

export interface Delivery {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  readonly to: string
  readonly parts: readonly string[]
}

/** Throws `LeaseLost`, `send_failed` or `send_refused`; parts before that are recorded as sent. */
export async function deliver(
  { conversation, batchId, to, parts }: Delivery,
  lease: Lease,
  channel: Channel,
  events: Events,
  stopping: AbortSignal,
): Promise<void> {
  for (const [index, text] of parts.entries()) {
    stopping.throwIfAborted()
    const may = await lease.record({ kind: 'start', index, unlessNewer: false })
    if (may.outcome === 'sent') continue
    const part = { conversation, batchId, index }
    if (may.outcome === 'go' && may.uncertain) events.emit('part.uncertain', part)
    events.emit('part.sending', part)
    const partId = `${batchId}.${index}`
    // Frozen since it was allowed to send: somebody else may be sending by now.
    lease.check()
    const { providerId } = await channel.send(
      { partId, to, text },
      AbortSignal.any([lease.signal, stopping]),
    )
    events.emit('part.taken', part)
    await lease.record({ kind: 'sent', index, providerId })
    events.emit('part.sent', part)
  }
}
