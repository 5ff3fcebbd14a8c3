/**
 * The statements that SQLite runs for appends of one message each, and nothing around them: no
 * port, no promise a message, no `reduce`, no check of a row.
 *
 * The SQL is listened to while the store itself appends, so it is always the store's; what is
 * written here is only which values go in. When the store asks for something else, this throws.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type DatabaseSync, type SQLInputValue, StatementSync } from 'node:sqlite'
import { openFile } from '../../src/batching/sqlite/open-file.ts'
import type { Append } from '../../src/batching/store.ts'
import { appendsOf } from './messages.ts'
import { openSqlite, temporaryFolder } from './stores.ts'

/** In the order in which the store runs them. */
export interface AppendSql {
  readonly begin: string
  readonly alias: string
  readonly open: string
  readonly turn: string
  readonly hold: string
  readonly seen: string
  readonly addOpen: string
  readonly saveOpen: string
  readonly addMessage: string
  readonly tally: string
  readonly commit: string
}

/** BEGIN, alias, open, turn, hold, id, open batch, message, two counts, COMMIT, and their values. */
const SHAPES = ['0 2 1 1 1 2 16 5 2 2 0', '0 2 1 1 1 2 14 5 2 2 0']

/** What two appends to one conversation ask of SQLite. */
export async function appendSql(): Promise<AppendSql> {
  await using opened = await openSqlite()
  const heard: { sql: string; values: number }[][] = []
  for (const append of appendsOf(2, { perConversation: 2 })) {
    heard.push(await listened(() => opened.store.append(append)))
  }
  const shapes = heard.map((calls) => calls.map(({ values }) => values).join(' '))
  if (shapes.join() !== SHAPES.join()) {
    throw new Error(
      `an append runs other statements now (${shapes.join(', then ')}): write them here`,
    )
  }
  const [first = [], second = []] = heard.map((calls) => calls.map(({ sql }) => sql))
  const [begin = '', alias = '', open = '', turn = '', hold = '', seen = '', addOpen = ''] = first
  const [, , , , , , saveOpen = '', addMessage = '', tally = '', , commit = ''] = second
  return { begin, alias, open, turn, hold, seen, addOpen, saveOpen, addMessage, tally, commit }
}

/** The calls that `work` makes on any statement of this process. */
async function listened(work: () => Promise<unknown>): Promise<{ sql: string; values: number }[]> {
  const calls: { sql: string; values: number }[] = []
  const { run, get } = StatementSync.prototype
  const hearing = (call: typeof run | typeof get) =>
    function (this: StatementSync, ...values: readonly SQLInputValue[]): unknown {
      calls.push({ sql: this.sourceSQL, values: values.length })
      return Reflect.apply(call, this, values)
    }
  Object.assign(StatementSync.prototype, { run: hearing(run), get: hearing(get) })
  try {
    await work()
  } finally {
    Object.assign(StatementSync.prototype, { run, get })
  }
  return calls
}

/** A new file of the store's, and the statements prepared on it. */
export class BareStatements implements Disposable {
  readonly #dir = temporaryFolder()
  readonly #database: DatabaseSync = openFile(this.#dir, join(this.#dir, 'rapid-fire.db'))
  readonly #sql: Readonly<Record<keyof AppendSql, StatementSync>>

  constructor(sql: AppendSql) {
    const prepared = Object.entries(sql).map(([name, text]) => [name, this.#database.prepare(text)])
    this.#sql = Object.fromEntries(prepared) as Record<keyof AppendSql, StatementSync>
  }

  /** So many a commit; gives way to the event loop after each, as the store does. */
  async appendAll(appends: readonly Append[], atOnce: number): Promise<void> {
    const { begin, tally, commit } = this.#sql
    for (let i = 0; i < appends.length; i += atOnce) {
      const group = appends.slice(i, i + atOnce)
      begin.run()
      for (const append of group) this.#append(append)
      tally.run(group.length, 'accepted')
      tally.run(group.length, 'open')
      commit.run()
      await new Promise(setImmediate)
    }
  }

  #append({ conversation, limits, messages: [message], newBatchId }: Append): void {
    if (!message) return
    const { alias, open, turn, hold, seen, addOpen, saveOpen, addMessage } = this.#sql
    const { idHash, payload, idleMs } = message
    const { ageMs, maxSize } = limits
    const now = Date.now()
    const due = now + idleMs
    alias.get(conversation, now)
    const row = open.get(conversation)
    turn.get(conversation)
    hold.get(conversation)
    seen.get(conversation, idHash)
    const size = row ? Number(row.size) + 1 : 1
    let n = row ? Number(row.n) : 0
    if (row) saveOpen.run(n, size, now, due, ageMs, maxSize, idleMs, size, 0, 0, 0, 0, due, null)
    else {
      const values = [size, now, due, ageMs, maxSize, idleMs, size, 0, 0, 0, 0, due, null] as const
      n = Number(addOpen.run(newBatchId, conversation, now, ...values).lastInsertRowid)
    }
    addMessage.run(conversation, idHash, now + limits.dedupeMs, n, payload)
  }

  [Symbol.dispose](): void {
    this.#database.close()
    rmSync(this.#dir, { recursive: true })
  }
}
