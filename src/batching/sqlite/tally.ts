/**
 * The counts of messages, open batches and turns, written once a commit instead of once an operation.
 * Those of open batches and of turns are not stored: counted at start and followed from then on.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { tenantOfKey } from '../../conversation-key.ts'
import type { ConversationKey } from '../../message.ts'
import type { CountName } from '../conversation-state.ts'
import type { Counts } from '../store.ts'
import type { Ledger } from './group-commit.ts'
import { IS_TURN } from './schema.ts'
import { damaged } from './sqlite-errors.ts'

export type TallyName = CountName | 'duplicates'
const NAMES: readonly TallyName[] = [
  'accepted',
  'duplicates',
  'answered',
  'failed',
  'discarded',
  'revoked',
  'open',
]

export class Tally implements Ledger {
  readonly #add: StatementSync
  readonly #read: StatementSync
  readonly #complete: StatementSync
  readonly #gathered = new Map<TallyName, number>()
  /** Open batches and turns in flight. */
  #unanswered: number
  #added = 0
  readonly #turns = new Map<string, number>()
  readonly #begun = new Map<string, number>()

  constructor(database: DatabaseSync) {
    this.#add = database.prepare('UPDATE tally SET n = n + ? WHERE name = ?')
    this.#complete = database.prepare(
      'INSERT INTO tally (name, n) VALUES (?, 0) ON CONFLICT (name) DO NOTHING',
    )
    this.#read = database.prepare('SELECT name, n FROM tally')
    const open = database.prepare(`SELECT count(*) AS n FROM batch WHERE state = 'open'`).get()
    this.#unanswered = Number(open?.n)
    const turns = database.prepare(`SELECT conversation FROM batch WHERE ${IS_TURN}`)
    for (const { conversation } of turns.iterate()) {
      this.#unanswered += 1
      more(this.#turns, tenantOfKey(String(conversation) as ConversationKey), 1)
    }
  }

  /** Turns in flight of the tenant of this conversation, with those of the transaction that runs. */
  turnsBeside(conversation: ConversationKey): number {
    const tenant = tenantOfKey(conversation)
    return (this.#turns.get(tenant) ?? 0) + (this.#begun.get(tenant) ?? 0)
  }

  addTurns(conversation: ConversationKey, n: number): void {
    if (n === 0) return
    more(this.#begun, tenantOfKey(conversation), n)
    this.#added += n
  }

  /** Open batches and turns in flight, with those of the transaction that runs. */
  get unanswered(): number {
    return this.#unanswered + this.#added
  }

  add(name: TallyName, n: number): void {
    if (n !== 0) this.#gathered.set(name, (this.#gathered.get(name) ?? 0) + n)
  }

  /** Makes up for a row that somebody deleted. */
  complete(): void {
    for (const name of NAMES) this.#complete.run(name)
  }

  /** The counts as they will be committed, by name; null where the row is gone. */
  booked(): ReadonlyMap<TallyName, number | null> {
    const stored = new Map(this.#read.all().map(({ name, n }) => [name, Number(n)]))
    return new Map(
      NAMES.map((name) => {
        const n = stored.get(name)
        return [name, n === undefined ? null : n + (this.#gathered.get(name) ?? 0)]
      }),
    )
  }

  addOpenBatches(n: number): void {
    this.#added += n
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
    this.#unanswered += this.#added
    for (const [tenant, n] of this.#begun) more(this.#turns, tenant, n)
    this.#reset()
  }

  drop(): void {
    this.#reset()
  }

  #reset(): void {
    this.#gathered.clear()
    this.#added = 0
    this.#begun.clear()
  }
}

function more(counts: Map<string, number>, name: string, n: number): void {
  const count = (counts.get(name) ?? 0) + n
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}
