/**
 * A provider took a part and says later that it could not deliver it, as Meta does outside of its 24 h.
 *
 *   status failed → our id of the part → the template, where one is set and it was too late
 *                                      → else the batch is failed, listed, and may be retried
 */
import { isBatchId } from '../batching/batch-id.ts'
import type { BatchStore } from '../batching/store.ts'
import type { Channel } from '../channels/channel.ts'
import type { Told } from '../channels/told.ts'
import { messageOf } from '../errors.ts'
import type { BatchId } from '../message.ts'
import type { Events } from '../observability/events.ts'

/** Codes of Meta and Twilio for: more than 24 h since the person wrote. */
const OUTSIDE_WINDOW: ReadonlySet<number> = new Set([131047, 63016])
const TEMPLATE_MS = 10_000

export class Undelivered {
  readonly #store: Pick<BatchStore, 'bounce'>
  readonly #events: Events

  constructor({ store, events }: { store: Pick<BatchStore, 'bounce'>; events: Events }) {
    this.#store = store
    this.#events = events
  }

  async hear(status: Extract<Told, { kind: 'status' }>, channel: Channel): Promise<void> {
    if (status.status !== 'failed') return
    const part = partOf(status.partId)
    const isLate = OUTSIDE_WINDOW.has(status.errorCode ?? Number.NaN)
    const tell = (outcome: 'failed' | 'template' | 'unknown'): void =>
      this.#events.emit('part.undelivered', {
        channel: channel.id,
        batchId: part?.batchId ?? null,
        providerCode: status.errorCode ?? null,
        outcome,
      })
    if (!part || part.isTemplate) return tell('unknown')
    if (isLate && channel.sendTemplate && (await this.#template(status, channel))) {
      return tell('template')
    }
    const reason = isLate ? 'outside_window' : 'undelivered'
    const outcome = await this.#store.bounce(part.batchId, part.index, reason)
    tell(outcome === 'done' ? 'failed' : 'unknown')
  }

  async #template(
    { partId = '', address }: Extract<Told, { kind: 'status' }>,
    channel: Channel,
  ): Promise<boolean> {
    try {
      const part = { partId: `${partId}${TEMPLATE}`, to: address }
      await channel.sendTemplate?.(part, AbortSignal.timeout(TEMPLATE_MS))
      return true
    } catch (error) {
      this.#events.emit('internal.error', { where: 'sending a template', error: messageOf(error) })
      return false
    }
  }
}

/** Behind the id of a part whose template was sent: that one's failure is not answered by another. */
const TEMPLATE = '.template'

function partOf(
  partId: string | undefined,
): { batchId: BatchId; index: number; isTemplate: boolean } | null {
  const [, batchId = '', index = '', template] =
    /^(b_[0-9A-Z]+)\.(\d{1,3})(\.template)?$/.exec(partId ?? '') ?? []
  if (!isBatchId(batchId)) return null
  return { batchId, index: Number(index), isTemplate: template !== undefined }
}
