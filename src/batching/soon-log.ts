/** Says once for each batch that it will be due within the next second. */
import type { BatchId } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import type { BatchStore, Due } from './store.ts'

export class SoonLog {
  readonly #store: BatchStore
  readonly #events: Events
  /** Those of the last look; a batch that is announced again has been put off meanwhile. */
  #announced = new Set<BatchId>()

  constructor(store: BatchStore, events: Events) {
    this.#store = store
    this.#events = events
  }

  async announce({ soon, now }: Due): Promise<void> {
    const fresh = soon.filter(({ batchId }) => !this.#announced.has(batchId))
    this.#announced = new Set(soon.map(({ batchId }) => batchId))
    if (fresh.length === 0) return
    const sizes = await this.#store.sizes(fresh.map(({ conversation }) => conversation))
    for (const [i, { conversation, batchId, dueAt }] of fresh.entries()) {
      const open = sizes[i]
      if (open?.batchId !== batchId) continue
      this.#events.emit('batch.approaching', {
        conversation,
        batchId,
        size: open.size,
        idleMs: now - open.lastAt,
        dueInMs: dueAt - now,
      })
    }
  }
}
