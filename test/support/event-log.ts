/** Events kept from the start, so that asking after the fact never waits for what has happened. */
import type { EventName, Events, EventTable } from '../../src/observability/events/events.ts'

interface Waiter {
  readonly fits: (event: never) => boolean
  missing: number
  readonly done: () => void
}

export class EventLog {
  readonly #byName = new Map<EventName, unknown[]>()
  readonly #waiters = new Map<EventName, Set<Waiter>>()

  constructor(events: Events) {
    events.subscribe((name, event) => {
      this.all(name).push(event)
      for (const waiter of this.#waiters.get(name) ?? []) {
        if (waiter.fits(event as never)) waiter.missing -= 1
        if (waiter.missing === 0) waiter.done()
      }
    })
  }

  all<Name extends EventName>(name: Name): EventTable[Name][] {
    let found = this.#byName.get(name)
    if (!found) {
      found = []
      this.#byName.set(name, found)
    }
    return found as EventTable[Name][]
  }

  /** Resolves with all events of this name that fit, as soon as there are `count`, past ones included. */
  async until<Name extends EventName>(
    name: Name,
    count = 1,
    fits: (event: EventTable[Name]) => boolean = () => true,
  ): Promise<EventTable[Name][]> {
    const missing = count - this.all(name).filter(fits).length
    if (missing > 0) {
      const waiters = this.#waiters.get(name) ?? new Set()
      this.#waiters.set(name, waiters)
      await new Promise<void>((resolve) => {
        const waiter: Waiter = {
          fits,
          missing,
          done: () => {
            waiters.delete(waiter)
            resolve()
          },
        }
        waiters.add(waiter)
      })
    }
    return this.all(name).filter(fits)
  }
}
