/**
 * When each turn was due, sealed, asked about and answered: by the answer of the seal, by the call of
 * the responder, by the event. On one clock, a fraction of a millisecond exact; a deadline is the
 * store's, on the same machine.
 */
import type { BatchStore } from '../../src/batching/store.ts'
import type { Clock } from '../../src/clock.ts'
import type { BatchId } from '../../src/message.ts'
import type { Events } from '../../src/observability/events/events.ts'
import { keys } from './messages.ts'

export interface TurnTimes {
  readonly tenant: string
  readonly dueAt: number
  readonly sealedAt: number
  askedAt: number
  answeredAt: number
}

export class TurnWatch {
  readonly #clock: Clock
  readonly #turns = new Map<BatchId, TurnTimes>()
  #answered = 0
  #onAnswer = (): void => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Of a store that seals nothing yet. */
  watch(store: BatchStore, events: Events): void {
    const seal = store.seal.bind(store)
    store.seal = async (requests) => {
      const results = await seal(requests)
      const sealedAt = this.#clock()
      for (const result of results) {
        if (result instanceof Error) throw result
        if (result.outcome !== 'sealed') continue
        const { batchId, conversation, dueAt } = result.turn
        const { tenant } = keys.parse(conversation)
        const [askedAt, answeredAt] = [Number.NaN, Number.NaN]
        this.#turns.set(batchId, { tenant, dueAt, sealedAt, askedAt, answeredAt })
      }
      return results
    }
    events.subscribe((name, event) => {
      if (name !== 'turn.answered' || !('batchId' in event)) return
      const turn = this.#turns.get(event.batchId as BatchId)
      if (!turn) return
      turn.answeredAt = this.#clock()
      this.#answered += 1
      this.#onAnswer()
    })
  }

  asked(batchId: BatchId): void {
    const turn = this.#turns.get(batchId)
    if (turn) turn.askedAt = this.#clock()
  }

  /** Resolves when so many are answered, or when none was for `patienceMs`. */
  async answered(count: number, patienceMs: number): Promise<readonly TurnTimes[]> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs)
      this.#onAnswer = () => {
        timer.refresh()
        if (this.#answered < count) return
        clearTimeout(timer)
        resolve()
      }
      if (this.#answered >= count) this.#onAnswer()
    })
    return [...this.#turns.values()].filter(({ answeredAt }) => !Number.isNaN(answeredAt))
  }
}
