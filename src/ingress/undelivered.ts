/**
 * A provider took a part and says later that it could not deliver it, as Meta does outside of its 24 h.
 *
 *   status failed → our id of the part → the template, where one is set and it was too late
 *                                      → else the batch is failed, listed, and may be retried
 */
import { isBatchId } from '../batching/batch-id.ts'
import type { BatchStore } from '../batching/store.ts'
import type { Channel } from '../channels/channel.ts'
import { channelOf } from '../channels/hear.ts'
import type { Told } from '../channels/told.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import type { Events } from '../observability/events/events.ts'

/** Codes of Meta and Twilio for: more than 24 h since the person wrote. */
const OUTSIDE_WINDOW: ReadonlySet<number> = new Set([131047, 63016])
const TEMPLATE_MS = 10_000

/** Batches whose template was sent, as far as this process remembers. */
const REMEMBERED = 10_000

export interface UndeliveredDeps {
  readonly store: Pick<BatchStore, 'batch' | 'bounce'>
  readonly keys: ConversationKeys
  readonly events: Events
}

type Status = Extract<Told, { kind: 'status' }>

export class Undelivered {
  readonly #deps: UndeliveredDeps
  readonly #templates = new Set<BatchId>()

  constructor(deps: UndeliveredDeps) {
    this.#deps = deps
  }

  /** Throws `overloaded` while the rest of the answer is on its way: it has to be told again. */
  async hear(status: Status, channel: Channel): Promise<void> {
    const part = partOf(status.partId)
    const isLate = OUTSIDE_WINDOW.has(status.errorCode ?? Number.NaN)
    const tell = (outcome: 'failed' | 'template' | 'unknown'): void =>
      this.#deps.events.emit('part.undelivered', {
        channel: channel.id,
        batchId: part?.batchId ?? null,
        providerCode: status.errorCode ?? null,
        outcome,
      })
    if (!part || part.isTemplate || !(await this.#isOf(part, status, channel))) {
      return tell('unknown')
    }
    if (isLate && channel.sendTemplate && (await this.#template(part.batchId, status, channel))) {
      return tell('template')
    }
    const reason = isLate ? 'outside_window' : 'undelivered'
    const outcome = await this.#deps.store.bounce(part.batchId, part.index, reason)
    if (outcome === 'busy') throw tooEarly()
    tell(outcome === 'done' ? 'failed' : 'unknown')
  }

  /**
   * Whether it is about the part as it was sent last, by this account. What is told of an earlier try
   * would have one that arrived since sent once more.
   */
  async #isOf(
    { batchId, index }: { batchId: BatchId; index: number },
    { id }: Status,
    channel: Channel,
  ): Promise<boolean> {
    const { store, keys } = this.#deps
    const view = await store.batch(batchId)
    const sent = view?.parts[index]
    // Its id is not written down yet.
    if (sent?.state === 'sending' && view?.settledAt === null) throw tooEarly()
    if (!view || sent?.state !== 'sent' || sent.providerId !== id) return false
    const who = keys.parse(view.conversation)
    return who.tenant === channel.tenant && who.channel === channelOf(channel.id)
  }

  /** One for all parts of an answer, each of which is told to have come too late. */
  async #template(
    batchId: BatchId,
    { partId = '', address }: Status,
    channel: Channel,
  ): Promise<boolean> {
    if (this.#templates.has(batchId)) return true
    this.#templates.add(batchId)
    for (const oldest of this.#templates) {
      if (this.#templates.size <= REMEMBERED) break
      this.#templates.delete(oldest)
    }
    try {
      const part = { partId: `${partId}${TEMPLATE}`, to: address }
      await channel.sendTemplate?.(part, AbortSignal.timeout(TEMPLATE_MS))
      return true
    } catch (error) {
      this.#templates.delete(batchId)
      const words = messageOf(error)
      this.#deps.events.emit('internal.error', { where: 'sending a template', error: words })
      return false
    }
  }
}

function tooEarly(): RapidFireError {
  return new RapidFireError('overloaded', 'the answer is still being sent; send it again')
}

/** Behind the id of a part whose template was sent: that one's failure is not answered by another. */
const TEMPLATE = '.template'

/** The part that an id of ours names; null when it is none. */
export function partOf(
  partId: string | undefined,
): { batchId: BatchId; index: number; isTemplate: boolean } | null {
  const [, batchId = '', index = '', template] =
    /^(b_[0-9A-Z]+)\.(\d{1,3})(\.template)?$/.exec(partId ?? '') ?? []
  if (!isBatchId(batchId)) return null
  return { batchId, index: Number(index), isTemplate: template !== undefined }
}
