/**
 * Deletes what nobody has to remember: answered batches after their retention, message ids after
 * the window in which they are remembered, holds that have ended, aliases that nobody named for
 * long. A bounded number at a time, by index, so that no caller waits long behind it.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { ConversationRows } from './conversation-rows.ts'
import { numberIn } from './rows.ts'

const BATCHES_AT_ONCE = 100
const ROWS_AT_ONCE = 500
const EVERY_MS = 60_000

export class Retention {
  readonly #statements: ReturnType<typeof prepare>
  readonly #rows: ConversationRows
  readonly #retentionMs: number
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(database: DatabaseSync, rows: ConversationRows, retentionMs: number) {
    this.#statements = prepare(database)
    this.#rows = rows
    this.#retentionMs = retentionMs
  }

  /** Once a minute, and again at once while there is more; also when the clock went back. */
  isDue(now: number): boolean {
    return now >= this.#nextAt || this.#nextAt - now > EVERY_MS
  }

  /** Runs inside of a transaction. */
  run(now: number): void {
    const batches = this.#statements.answered.all(now - this.#retentionMs, BATCHES_AT_ONCE)
    for (const row of batches) this.#rows.erase(numberIn(row, 'n'))
    const ids = Number(this.#statements.forgetIds.run(now, ROWS_AT_ONCE).changes)
    const marks = Number(this.#statements.forgetMarks.run(now, ROWS_AT_ONCE).changes)
    const past = Number(
      this.#statements.forgetPast.run(now - this.#retentionMs, ROWS_AT_ONCE).changes,
    )
    const holds = Number(this.#statements.forgetHolds.run(now, ROWS_AT_ONCE).changes)
    const aliases = Number(this.#statements.forgetAliases.run(now, ROWS_AT_ONCE).changes)
    const isMore =
      batches.length === BATCHES_AT_ONCE ||
      [ids, holds, marks, past, aliases].includes(ROWS_AT_ONCE)
    this.#nextAt = isMore ? now : now + EVERY_MS
  }
}

function prepare(database: DatabaseSync) {
  return {
    answered: database.prepare(`SELECT n FROM batch WHERE state = 'answered' AND settled_at <= ?
      ORDER BY settled_at LIMIT ?`),
    forgetIds: database.prepare(`DELETE FROM message WHERE seq IN
      (SELECT seq FROM message WHERE batch IS NULL AND forget_at <= ? LIMIT ?)`),
    forgetMarks: database.prepare(`DELETE FROM mark WHERE (conversation, hash) IN
      (SELECT conversation, hash FROM mark WHERE until <= ? LIMIT ?)`),
    forgetPast: database.prepare(`DELETE FROM past WHERE seq IN
      (SELECT seq FROM past WHERE at <= ? LIMIT ?)`),
    forgetAliases: database.prepare(`DELETE FROM alias WHERE conversation IN
      (SELECT conversation FROM alias WHERE until <= ? LIMIT ?)`),
    forgetHolds: database.prepare(`DELETE FROM hold WHERE conversation IN
      (SELECT conversation FROM hold WHERE until <= ? LIMIT ?)`),
  }
}
