/**
 * The table of everything that happens, and the one way to say so. Logs, the terminal, metrics,
 * traces and tests subscribe; nothing else is told. No event carries message text (P12).
 */
import type { EventOf } from './event-spec.ts'
import { BATCH_EVENTS } from './events-batch.ts'
import { INTAKE_EVENTS } from './events-intake.ts'
import { SYSTEM_EVENTS } from './events-system.ts'
import { TURN_EVENTS } from './events-turn.ts'

/** In the order in which a message meets them. */
export const EVENTS = {
  ...INTAKE_EVENTS,
  ...BATCH_EVENTS,
  ...TURN_EVENTS,
  ...SYSTEM_EVENTS,
} as const

export type EventName = keyof typeof EVENTS
type Listed = { readonly [Name in EventName]: EventOf<(typeof EVENTS)[Name]> }
/** An interface, so that a listener of any name can ask what the event has. */
export interface EventTable extends Listed {}
export type Listener = <Name extends EventName>(name: Name, event: EventTable[Name]) => void

export class Events {
  readonly #listeners = new Set<Listener>()

  emit<Name extends EventName>(name: Name, event: EventTable[Name]): void {
    for (const listener of this.#listeners) listener(name, event)
  }

  /** Listeners run at once and in order; one that throws is a bug of the listener and surfaces. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
