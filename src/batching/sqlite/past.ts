/**
 * What was said in a conversation: its last answered batches and the words of humans, as many as are
 * told to a responder. A batch is named only, so that its text goes when the batch goes.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { BatchId, ConversationKey } from '../../message.ts'
import type { StoreTimes } from '../store.ts'
import { numberIn } from './rows.ts'

export interface PastRow {
  readonly at: number
  readonly batchId: BatchId | null
  readonly body: string | null
}

export class Past {
  readonly #statements: ReturnType<typeof prepare>
  readonly #turns: number
  readonly #ageMs: number

  constructor(
    database: DatabaseSync,
    { historyTurns, historyMs }: Pick<StoreTimes, 'historyTurns' | 'historyMs'>,
  ) {
    this.#statements = prepare(database)
    this.#turns = historyMs === 0 ? 0 : historyTurns
    this.#ageMs = historyMs
  }

  add(
    conversation: ConversationKey,
    now: number,
    batchId: BatchId | null,
    body: string | null,
  ): void {
    if (this.#turns === 0) return
    // It bounced and was answered again: it is told as it is now.
    if (batchId !== null) this.#statements.forgetBatch.run(conversation, batchId)
    this.#statements.add.run(conversation, now, batchId, body)
    this.#statements.trim.run(conversation, this.#turns)
  }

  forget(conversation: ConversationKey): void {
    this.#statements.forget.run(conversation)
  }

  /** Oldest first. */
  of(conversation: ConversationKey, now: number): PastRow[] {
    return this.#statements.of
      .all(conversation, now - this.#ageMs, this.#turns)
      .map((row) => ({
        at: numberIn(row, 'at'),
        batchId: row.batch_id as BatchId | null,
        body: row.body as string | null,
      }))
      .reverse()
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text)
  return {
    add: sql('INSERT INTO past (conversation, at, batch_id, body) VALUES (?, ?, ?, ?)'),
    trim: sql(`DELETE FROM past WHERE conversation = ?1 AND seq <=
      (SELECT seq FROM past WHERE conversation = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)`),
    forgetBatch: sql('DELETE FROM past WHERE conversation = ? AND batch_id = ?'),
    forget: sql('DELETE FROM past WHERE conversation = ?'),
    of: sql(`SELECT at, batch_id, body FROM past WHERE conversation = ? AND at > ?
      ORDER BY seq DESC LIMIT ?`),
  }
}
