/**
 * One commit for all operations that wait at the same moment: a commit costs one fsync, whatever
 * it carries.
 *
 *   run → queue → next turn of the event loop: BEGIN, every operation, COMMIT → answers
 *
 * When an operation throws, all are rolled back and each runs again in a transaction of its own, so
 * that it fails alone and leaves nothing. An operation may therefore run twice and must touch
 * nothing but the database and what `Ledger` takes back.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { storeError } from './sqlite-errors.ts'

/** What is kept in memory beside the database and follows its transactions. */
export interface Ledger {
  /** Writes what has gathered since the last commit; runs inside of the transaction. */
  write(): void
  /** The transaction is over: what gathered counts. */
  keep(): void
  /** The transaction never was. */
  drop(): void
}

interface Waiting {
  readonly operation: () => unknown
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #ledger: Ledger
  readonly #onCommit: () => void
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  #waiting: Waiting[] = []
  #commits = 0

  constructor(database: DatabaseSync, ledger: Ledger, onCommit: () => void) {
    this.#database = database
    this.#ledger = ledger
    this.#onCommit = onCommit
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
  }

  /** Transactions committed so far. */
  get commits(): number {
    return this.#commits
  }

  /** Resolves to the operation's answer once it is committed. */
  run<Answer>(operation: () => Answer): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.flush())
      this.#waiting.push({
        operation,
        // Not wrapped in a function of its own, which each message would pay for.
        resolve: resolve as (answer: unknown) => void,
        reject,
      })
    })
  }

  /** Commits what waits now. */
  flush(): void {
    const group = this.#waiting
    if (group.length === 0) return
    this.#waiting = []
    if (!this.#tryTogether(group)) {
      for (const one of group) this.#alone(one)
    }
    this.#onCommit()
  }

  /** False when an operation threw and nothing was done. */
  #tryTogether(group: readonly Waiting[]): boolean {
    if (group.length === 1) return false
    let answers: unknown[]
    try {
      answers = this.#transaction(() => group.map(({ operation }) => operation()))
    } catch {
      // Whose error it was, and which one, shows when each runs alone.
      return false
    }
    for (const [index, { resolve }] of group.entries()) resolve(answers[index])
    return true
  }

  #alone({ operation, resolve, reject }: Waiting): void {
    let answer: unknown
    try {
      answer = this.#transaction(operation)
    } catch (error) {
      reject(storeError(error))
      return
    }
    resolve(answer)
  }

  #transaction<Answer>(work: () => Answer): Answer {
    this.#begin.run()
    let answer: Answer
    try {
      answer = work()
      this.#ledger.write()
      this.#commit.run()
    } catch (error) {
      this.#ledger.drop()
      // Some errors, such as a full disk, have ended the transaction already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
    this.#ledger.keep()
    this.#commits += 1
    return answer
  }
}
