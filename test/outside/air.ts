/**
 * Which parts were in the air when something happened to their sender: sent, and not recorded as
 * sent. Of one answer that a process was sending this is one part for each death, freeze or stall, the
 * last one that the person had from it before.
 */
import { batchOf, type Interruption } from './audit.ts'
import type { Delivery } from './sink.ts'

/**
 * So soon after it was sent its sender may not have recorded it, ms: a process that has just started
 * on a busy machine takes so long for all that it began. Or so soon before: what is in a socket is
 * delivered after the death of who wrote it.
 */
const IN_THE_AIR_MS = 5000

/**
 * A process that could not renew its lease in the middle of this batch, as it says itself: the whole
 * machine may stand still for as long.
 */
export const stallOf = (instance: string, batchId: string): string => `${instance} ${batchId}`

export class Air {
  readonly #ofInstance: ReadonlyMap<string, readonly Interruption[]>
  readonly #toPerson: ReadonlyMap<string, readonly Delivery[]>
  readonly #stalls = new Map<string, number>()
  /** By process life and batch: the parts that were excused. */
  readonly #excused = new Map<string, Set<string>>()

  constructor(
    deliveries: readonly Delivery[],
    interruptions: readonly Interruption[],
    stalled: Iterable<string>,
  ) {
    this.#ofInstance = Map.groupBy(interruptions, ({ instance }) => instance)
    this.#toPerson = Map.groupBy(deliveries, ({ instance, to }) => `${instance} ${to}`)
    for (const stall of stalled) this.#stalls.set(stall, (this.#stalls.get(stall) ?? 0) + 1)
  }

  /** Whether this one may come again, or came again, for what happened to its sender. */
  excuses(delivery: Delivery): boolean {
    const { instance, partId } = delivery
    const answer = stallOf(instance, batchOf(partId))
    const near = (this.#ofInstance.get(instance) ?? []).filter((one) => this.#isNear(delivery, one))
    const times = Math.max(near.length, this.#stalls.get(answer) ?? 0)
    const excused = this.#excused.get(answer) ?? new Set()
    if (!excused.has(partId) && excused.size >= times) return false
    this.#excused.set(answer, excused.add(partId))
    return true
  }

  #isNear(delivery: Delivery, { at, until = at }: Interruption): boolean {
    const sentAt = delivery.at
    if (sentAt > until) return sentAt - until < IN_THE_AIR_MS
    if (at - sentAt > IN_THE_AIR_MS) return false
    // Whoever sent this person something else since had recorded it: it was in the air no more.
    const { instance, to } = delivery
    const others = this.#toPerson.get(`${instance} ${to}`) ?? []
    return !others.some((other) => other.at > sentAt && other.at <= at)
  }
}
