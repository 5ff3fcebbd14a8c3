/**
 * What happened in the messenger and has not been posted yet, oldest first, on the disk.
 *
 *   append → posted by the poster → removed, or moved to `refused` when the gateway never will
 *
 * `append` returns after the commit: the library cannot be asked again for what it has handed over,
 * so nothing may come between. All events of one call share a commit. While the disk takes nothing
 * they wait in memory, in order, and are written as soon as it does; only a death of the process in
 * that time loses them, which is why it is told.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { Tell } from './bridge-events.ts'
import type { LibraryEvent } from './library.ts'

export interface QueuedEvent extends LibraryEvent {
  readonly id: number
}

export interface QueueCounts {
  readonly waiting: number
  readonly refused: number
  /** Ms since 1970; null when nothing waits. */
  readonly oldestAt: number | null
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

const RETRY_MS = 1000
const MOST_IN_MEMORY = 1000
/** What nobody has put back by then goes, since people's words are in it. */
const REFUSED_KEPT_MS = 30 * 86_400_000

export class EventQueue {
  readonly #options: EventQueueOptions
  readonly #insert: StatementSync
  readonly #first: StatementSync
  readonly #remove: StatementSync
  readonly #refuse: StatementSync
  #inMemory: LibraryEvent[] = []
  #stuckSince: number | null = null
  #retry: NodeJS.Timeout | null = null
  #closed = false
  #change = Promise.withResolvers<void>()

  constructor(options: EventQueueOptions) {
    const { database, clock } = options
    this.#options = options
    this.#insert = database.prepare('INSERT INTO events (event, data, me, at) VALUES (?, ?, ?, ?)')
    this.#first = database.prepare('SELECT id, event, data, me FROM events ORDER BY id LIMIT 1')
    this.#remove = database.prepare('DELETE FROM events WHERE id = ?')
    this.#refuse = database.prepare(
      'INSERT INTO refused (id, event, data, me, at, status, code) SELECT id, event, data, me, at, ?, ? FROM events WHERE id = ?',
    )
    database.prepare('DELETE FROM refused WHERE at < ?').run(clock() - REFUSED_KEPT_MS)
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

  oldest(): QueuedEvent | null {
    const row = this.#first.get()
    if (row === undefined) return null
    const me = row.me === null ? null : String(row.me)
    return { id: Number(row.id), event: String(row.event), data: String(row.data), me }
  }

  /** Resolves when something was added after this call. */
  changed(): Promise<void> {
    return this.#change.promise
  }

  /** It was posted. */
  remove(id: number): void {
    this.#remove.run(id)
  }

  /** It never will be; it stays where `putBack` finds it. */
  refuse(id: number, status: number, code: string): void {
    this.#together(() => {
      this.#refuse.run(status, code, id)
      this.#remove.run(id)
    })
  }

  /** Queues again what was refused, in its order; answers how many. */
  putBack(): number {
    const { database, clock } = this.#options
    const moved = this.#together(() => {
      const { changes } = database
        .prepare(
          'INSERT INTO events (event, data, me, at) SELECT event, data, me, ? FROM refused ORDER BY id',
        )
        .run(clock())
      database.exec('DELETE FROM refused')
      return Number(changes)
    })
    if (moved > 0) this.#wake()
    return moved
  }

  counts(): QueueCounts {
    const { database } = this.#options
    const waiting = database.prepare('SELECT count(*) AS n, min(at) AS oldest FROM events').get()
    const refused = database.prepare('SELECT count(*) AS n FROM refused').get()
    return {
      waiting: Number(waiting?.n) + this.#inMemory.length,
      refused: Number(refused?.n),
      oldestAt: waiting?.oldest == null ? null : Number(waiting.oldest),
    }
  }

  /** Tries once more to write what is in memory; call it before the database is closed. */
  close(): void {
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = null
    if (this.#inMemory.length > 0) this.#write(false)
    this.#closed = true
  }

  #write(again = true): void {
    const { clock, tell, retryMs = RETRY_MS } = this.#options
    const events = this.#inMemory
    try {
      this.#together(() => {
        for (const { event, data, me } of events) this.#insert.run(event, data, me, clock())
      })
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
    this.#wake()
  }

  #retryLater(ms: number): void {
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#write()
    }, ms)
  }

  #wake(): void {
    const { resolve } = this.#change
    this.#change = Promise.withResolvers<void>()
    resolve()
  }

  #together<Answer>(work: () => Answer): Answer {
    const { database } = this.#options
    database.exec('BEGIN IMMEDIATE')
    try {
      const answer = work()
      database.exec('COMMIT')
      return answer
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}
