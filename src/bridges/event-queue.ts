/**
 * What happened in the messenger and has not been posted yet, oldest first, in the bridge's journal.
 *
 * `append` returns after the commit: the library cannot be asked again for what it has handed over,
 * so nothing may come between. While the disk takes nothing events wait in memory, in order, and are
 * written as soon as it does; only a death of the process in that time loses them, which is why it
 * is told.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import { Journal, type JournalCounts } from '../journal/journal.ts'
import type { Tell } from './bridge-events.ts'
import type { LibraryEvent } from './library.ts'

export interface QueuedEvent extends LibraryEvent {
  readonly id: number
}

export interface EventQueueOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly tell: Tell
  /** The disk has taken nothing for too long. */
  readonly onFull: (error: RapidFireError) => void
  readonly retryMs?: number
  readonly mostInMemory?: number
}

/** All of a bridge's events are of one account, so their order is one. */
export const LANE = ''
const RETRY_MS = 1000
const MOST_IN_MEMORY = 1000

export const bodyOf = ({ event, data, me }: LibraryEvent): string =>
  JSON.stringify({ event, data, me })

export class EventQueue {
  readonly #options: EventQueueOptions
  readonly #journal: Journal
  #inMemory: LibraryEvent[] = []
  #stuckSince: number | null = null
  #retry: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: EventQueueOptions) {
    this.#options = options
    this.#journal = new Journal(options.database, options.clock)
  }

  append(events: readonly LibraryEvent[]): void {
    if (events.length === 0 || this.#closed) return
    this.#inMemory.push(...events)
    // While earlier ones wait for the disk, these go behind them.
    if (this.#retry === null) this.#write()
    if (this.#inMemory.length > (this.#options.mostInMemory ?? MOST_IN_MEMORY)) {
      this.#options.onFull(
        new RapidFireError(
          'library_failed',
          `the disk of DATA_DIR takes nothing: ${this.#inMemory.length} events are in memory only, so no more are received. Make room and start again`,
        ),
      )
    }
  }

  /** What the disk gives back changed goes to the refused ones. */
  oldest(): QueuedEvent | null {
    for (;;) {
      const [entry] = this.#journal.after(0, 1)
      if (entry === undefined) return null
      if (entry.isWhole) return { id: entry.id, ...(JSON.parse(entry.body) as LibraryEvent) }
      this.refuse(entry.id, 0, 'damaged')
      this.#options.tell({ name: 'event.refused', what: 'unknown', status: 0, code: 'damaged' })
    }
  }

  /** Resolves when something was added after this call. */
  changed(): Promise<void> {
    return this.#journal.changed()
  }

  /** It was posted. */
  remove(id: number): void {
    this.#journal.remove([id])
  }

  /** It never will be; it stays where `putBack` finds it. */
  refuse(id: number, status: number, code: string): void {
    this.#journal.refuse(id, status, code)
  }

  /** Queues again what was refused, in its order; answers how many. */
  putBack(): number {
    return this.#journal.putBack()
  }

  counts(): JournalCounts {
    const counts = this.#journal.counts()
    return { ...counts, waiting: counts.waiting + this.#inMemory.length }
  }

  /** Tries once more to write what is in memory; call it before the database is closed. */
  close(): void {
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = null
    if (this.#inMemory.length > 0) this.#write(false)
    this.#closed = true
  }

  #write(again = true): void {
    const { tell, retryMs = RETRY_MS } = this.#options
    const events = this.#inMemory
    try {
      this.#journal.add(events.map((event) => ({ lane: LANE, body: bodyOf(event) })))
    } catch (error) {
      if (this.#stuckSince === null) {
        this.#stuckSince = performance.now()
        tell({ name: 'queue.stuck', error: messageOf(error) })
      }
      if (again) this.#retryLater(retryMs)
      return
    }
    this.#inMemory = []
    if (this.#stuckSince !== null) {
      const forMs = performance.now() - this.#stuckSince
      this.#stuckSince = null
      tell({ name: 'queue.unstuck', forMs, events: events.length })
    }
  }

  #retryLater(ms: number): void {
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#write()
    }, ms)
  }
}
