/** What accounts spent today. */
import type { DatabaseSync } from 'node:sqlite'
import { dayOf } from '../day.ts'

export class SpentRows {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database)
  }

  /** The sum of today; earlier days are forgotten. */
  add(account: string, amount: number, now: number): number {
    const day = dayOf(now)
    if (amount !== 0) {
      this.#statements.forget.run(account, day)
      this.#statements.add.run(account, day, amount)
    }
    return Number(this.#statements.sum.get(account, day)?.n ?? 0)
  }
}

function prepare(database: DatabaseSync) {
  return {
    add: database.prepare(`INSERT INTO spent (account, day, n) VALUES (?, ?, ?)
      ON CONFLICT (account, day) DO UPDATE SET n = n + excluded.n`),
    forget: database.prepare('DELETE FROM spent WHERE account = ? AND day < ?'),
    sum: database.prepare('SELECT n FROM spent WHERE account = ? AND day = ?'),
  }
}
