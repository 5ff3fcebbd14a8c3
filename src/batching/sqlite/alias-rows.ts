/** Where aliases lead, and the rows that change their conversation when one becomes an alias. */
import type { DatabaseSync } from 'node:sqlite'
import type { ConversationKey } from '../../message.ts'
import { ALIAS_MS, type Link, MAX_HOPS } from '../store-alias.ts'
import { numberIn } from './rows.ts'
import { damaged } from './sqlite-errors.ts'

export class AliasRows {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database)
  }

  /** Where it leads by its own row; null when it is no alias. */
  next(conversation: ConversationKey, now: number): ConversationKey | null {
    const row = this.#statements.next.get(conversation, now)
    return row ? (String(row.leads_to) as ConversationKey) : null
  }

  /** Where it leads in the end: itself when it is no alias. */
  root(conversation: ConversationKey, now: number): ConversationKey {
    let at = conversation
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const next = this.next(at, now)
      if (next === null) return at
      at = next
    }
    throw damaged('the aliases of a conversation lead in a circle')
  }

  set(from: ConversationKey, to: ConversationKey, now: number): void {
    this.#statements.set.run(from, to, now + ALIAS_MS)
  }

  /**
   * The messages of two open batches become those of the one in row `to`, in the order of the link.
   * What comes later stands in lane 0, so they get lanes before it.
   */
  join(from: number, to: number, order: Link['order']): void {
    const { seqs, place } = this.#statements
    const rows = { from: seqs.all(from), to: seqs.all(to) }
    const next = { from: 0, to: 0 }
    for (const [i, side] of order.entries()) {
      const row = rows[side][next[side]++]
      if (!row) throw damaged('an open batch has fewer messages than it counts')
      place.run(to, i - order.length, numberIn(row, 'seq'))
    }
  }

  /** A batch with all that is in it. */
  moveBatch(n: number, to: ConversationKey): void {
    this.#statements.moveBatch.run(to, n)
  }

  /** Ids and marks: of one that both have, the later time counts. */
  moveKnown(from: ConversationKey, to: ConversationKey): void {
    const { laterIds, freeIds, moveIds, moveMarks, dropMarks } = this.#statements
    laterIds.run(from, to)
    freeIds.run(from, to)
    moveIds.run(to, from)
    moveMarks.run(to, from)
    dropMarks.run(from)
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text)
  return {
    next: sql('SELECT leads_to FROM alias WHERE conversation = ? AND until > ?'),
    set: sql(`INSERT INTO alias (conversation, leads_to, until) VALUES (?, ?, ?)
      ON CONFLICT (conversation) DO UPDATE SET leads_to = excluded.leads_to,
      until = excluded.until`),
    seqs: sql('SELECT seq FROM message WHERE batch = ? ORDER BY lane, seq'),
    place: sql('UPDATE message SET batch = ?, lane = ? WHERE seq = ?'),
    moveBatch: sql('UPDATE batch SET conversation = ? WHERE n = ?'),
    laterIds: sql(`UPDATE message SET forget_at = max(message.forget_at, mine.forget_at)
      FROM message AS mine WHERE mine.conversation = ?1 AND message.conversation = ?2
      AND message.id_hash = mine.id_hash`),
    // The message stays, and is known by the id of the other one.
    freeIds: sql(`UPDATE message SET id_hash = NULL WHERE conversation = ?1 AND id_hash IN
      (SELECT id_hash FROM message WHERE conversation = ?2 AND id_hash IS NOT NULL)`),
    moveIds: sql('UPDATE message SET conversation = ? WHERE conversation = ?'),
    moveMarks: sql(`INSERT INTO mark (conversation, hash, until)
      SELECT ?1, hash, until FROM mark WHERE conversation = ?2
      ON CONFLICT (conversation, hash) DO UPDATE SET until = max(until, excluded.until)`),
    dropMarks: sql('DELETE FROM mark WHERE conversation = ?'),
  }
}
