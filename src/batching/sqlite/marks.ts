/** Hashes of what we sent to a person, so that its echo is known as ours. */
import type { DatabaseSync } from 'node:sqlite'
import type { ConversationKey } from '../../message.ts'
import type { Mark } from '../store-turn.ts'

export class Marks {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database)
  }

  add(conversation: ConversationKey, { hash, forMs }: Mark, now: number): void {
    this.#statements.add.run(conversation, hash, now + forMs)
  }

  has(conversation: ConversationKey, hashes: readonly string[], now: number): boolean {
    return hashes.some((hash) => this.#statements.has.get(conversation, hash, now) !== undefined)
  }
}

function prepare(database: DatabaseSync) {
  return {
    add: database.prepare(`INSERT INTO mark (conversation, hash, until) VALUES (?, ?, ?)
      ON CONFLICT (conversation, hash) DO UPDATE SET until = max(until, excluded.until)`),
    has: database.prepare('SELECT 1 FROM mark WHERE conversation = ? AND hash = ? AND until > ?'),
  }
}
