/**
 * The counts of messages and of open batches, written once a commit instead of once an operation.
 * The number of open batches is not stored: it is counted at start and followed from then on.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CountName } from '../conversation-state.ts'
import type { Counts } from '../store.ts'
import type { Ledger } from './group-commit.ts'
import { damaged } from './sqlite-errors.ts'

type TallyName = CountName | 'duplicates'

export class Tally implements Ledger {
  readonly #add: StatementSync
  readonly #read: StatementSync
  readonly #gathered = new Map<TallyName, number>()
  #openBatches: number
  #opened = 0

  constructor(database: DatabaseSync) {
    this.#add = database.prepare('UPDATE tally SET n = n + ? WHERE name = ?')
    this.#read = database.prepare('SELECT name, n FROM tally')
    const open = database.prepare(`SELECT count(*) AS n FROM batch WHERE state = 'open'`).get()
    this.#openBatches = Number(open?.n)
  }

  /** Open batches, with those of the transaction that runs. */
  get openBatches(): number {
    return this.#openBatches + this.#opened
  }

  add(name: TallyName, n: number): void {
    if (n !== 0) this.#gathered.set(name, (this.#gathered.get(name) ?? 0) + n)
  }

  addOpenBatches(n: number): void {
    this.#opened += n
  }

  /** The counts as committed. Throws `store_damaged` when one is missing. */
  counts(): Counts {
    const stored = new Map(this.#read.all().map(({ name, n }) => [name, Number(n)]))
    const count = (name: TallyName): number => {
      const n = stored.get(name)
      if (n === undefined) throw damaged(`the count ${name} is missing`)
      return n
    }
    return {
      accepted: count('accepted'),
      duplicates: count('duplicates'),
      answered: count('answered'),
      failed: count('failed'),
      discarded: count('discarded'),
      revoked: count('revoked'),
      open: count('open'),
    }
  }

  write(): void {
    for (const [name, n] of this.#gathered) {
      if (this.#add.run(n, name).changes !== 1) throw damaged(`the count ${name} is missing`)
    }
  }

  keep(): void {
    this.#openBatches += this.#opened
    this.#reset()
  }

  drop(): void {
    this.#reset()
  }

  #reset(): void {
    this.#gathered.clear()
    this.#opened = 0
  }
}
