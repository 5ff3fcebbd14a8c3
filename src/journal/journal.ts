/**
 * A durable queue in one file: what has to be done elsewhere and could not be done yet, oldest first.
 *
 *   add → on the disk → read in order → removed, or moved to `refused` when it never can be done
 *
 * An entry is an opaque text in a lane; the order within a lane is what counts. `add` returns after
 * the commit, `addSoon` resolves after one that it shares with all who wait at the same moment. What
 * throws has added nothing. It never looks into an entry, but knows when its bytes are not those that
 * were written.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { Clock } from '../clock.ts'

export interface NewEntry {
  readonly lane: string
  readonly body: string
}

export interface JournalEntry extends NewEntry {
  readonly id: number
  /** False: the disk gives back other bytes than it was given. */
  readonly isWhole: boolean
}

export interface JournalCounts {
  readonly waiting: number
  readonly refused: number
  /** Ms since 1970; null when nothing waits. */
  readonly oldestAt: number | null
}

/** What nobody has put back by then goes, since people's words are in it. */
const REFUSED_KEPT_MS = 30 * 86_400_000

interface Waiting {
  readonly entries: readonly NewEntry[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class Journal {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #insert: StatementSync
  readonly #after: StatementSync
  readonly #oldest: StatementSync
  readonly #bytes: StatementSync
  readonly #remove: StatementSync
  readonly #refuse: StatementSync
  #waiting: Waiting[] = []
  /** What the file said of itself since it was last written; callers ask far more often than that. */
  #bytesNow: number | null = null
  #oldestNow: number | null | undefined
  #change = Promise.withResolvers<void>()

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
    this.#insert = database.prepare('INSERT INTO entries (lane, body, sum, at) VALUES (?, ?, ?, ?)')
    this.#after = database.prepare(
      'SELECT id, lane, body, sum FROM entries WHERE id > ? ORDER BY id LIMIT ?',
    )
    this.#oldest = database.prepare('SELECT at FROM entries ORDER BY id LIMIT 1')
    this.#bytes = database.prepare(
      'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()',
    )
    this.#remove = database.prepare('DELETE FROM entries WHERE id = ?')
    this.#refuse = database.prepare(
      'INSERT INTO refused (id, lane, body, sum, at, status, code) SELECT id, lane, body, sum, at, ?, ? FROM entries WHERE id = ?',
    )
    database.prepare('DELETE FROM refused WHERE at < ?').run(clock() - REFUSED_KEPT_MS)
  }

  /** Throws what SQLite throws. */
  add(entries: readonly NewEntry[]): void {
    this.#together(() => this.#insertAll(entries))
    this.#wake()
  }

  /** One fsync for all that wait; rejects with what SQLite throws. */
  addSoon(entries: readonly NewEntry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush())
      this.#waiting.push({ entries, resolve, reject })
    })
  }

  /** The oldest behind this id. */
  after(id: number, limit: number): JournalEntry[] {
    return this.#after.all(id, limit).map((row) => {
      const body = String(row.body)
      return {
        id: Number(row.id),
        lane: String(row.lane),
        body,
        isWhole: crc32(body) === Number(row.sum),
      }
    })
  }

  /** Resolves when something was added after this call. */
  changed(): Promise<void> {
    return this.#change.promise
  }

  /** They are done. */
  remove(ids: readonly number[]): void {
    if (ids.length === 0) return
    this.#together(() => {
      for (const id of ids) this.#remove.run(id)
    })
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
    const moved = this.#together(() => {
      const { changes } = this.#database
        .prepare(
          'INSERT INTO entries (lane, body, sum, at) SELECT lane, body, sum, ? FROM refused ORDER BY id',
        )
        .run(this.#clock())
      this.#database.exec('DELETE FROM refused')
      return Number(changes)
    })
    if (moved > 0) this.#wake()
    return moved
  }

  counts(): JournalCounts {
    const waiting = this.#database.prepare('SELECT count(*) AS n FROM entries').get()
    const refused = this.#database.prepare('SELECT count(*) AS n FROM refused').get()
    return {
      waiting: Number(waiting?.n),
      refused: Number(refused?.n),
      oldestAt: this.oldestAt(),
    }
  }

  /** Ms since 1970; null when nothing waits. */
  oldestAt(): number | null {
    if (this.#oldestNow === undefined) {
      const row = this.#oldest.get()
      this.#oldestNow = row === undefined ? null : Number(row.at)
    }
    return this.#oldestNow
  }

  /** How many wait in each lane. */
  lanes(): Map<string, number> {
    const rows = this.#database.prepare('SELECT lane, count(*) AS n FROM entries GROUP BY lane')
    return new Map(rows.all().map(({ lane, n }) => [String(lane), Number(n)]))
  }

  /** Of the file that are in use. */
  bytes(): number {
    this.#bytesNow ??= Number(this.#bytes.get()?.bytes)
    return this.#bytesNow
  }

  /** Commits what waits; call it before the database is closed. */
  close(): void {
    this.#flush()
  }

  #flush(): void {
    const group = this.#waiting
    if (group.length === 0) return
    this.#waiting = []
    try {
      this.#together(() => {
        for (const { entries } of group) this.#insertAll(entries)
      })
    } catch (error) {
      for (const { reject } of group) reject(error)
      return
    }
    for (const { resolve } of group) resolve()
    this.#wake()
  }

  #insertAll(entries: readonly NewEntry[]): void {
    const at = this.#clock()
    for (const { lane, body } of entries) this.#insert.run(lane, body, crc32(body), at)
  }

  #wake(): void {
    const { resolve } = this.#change
    this.#change = Promise.withResolvers<void>()
    resolve()
  }

  #together<Answer>(work: () => Answer): Answer {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const answer = work()
      this.#database.exec('COMMIT')
      return answer
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    } finally {
      this.#bytesNow = null
      this.#oldestNow = undefined
    }
  }
}
