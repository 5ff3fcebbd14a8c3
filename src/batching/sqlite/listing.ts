/** What is read without changing anything: what is due, and the lists for people. */
import type { DatabaseSync } from 'node:sqlite'
import type { BatchId, ConversationKey } from '../../message.ts'
import type { BatchView, Due, DueConversation, OpenBatchView, StoreTimes } from '../store.ts'
import { batchView } from '../views.ts'
import type { Row } from './rows.ts'
import { batchIdIn, conversationIn, endingFrom, numberIn, textIn, turnFrom } from './rows.ts'

const SOON_LIMIT = 100

export interface Page {
  readonly offset: number
  readonly limit: number
}

export class Listing {
  readonly #statements: ReturnType<typeof prepare>
  readonly #times: StoreTimes

  constructor(database: DatabaseSync, times: StoreTimes) {
    this.#statements = prepare(database)
    this.#times = times
  }

  /** Costs what is due, whatever is pending: every part is one range of an index. */
  due(now: number, limit: number, soonMs: number): Due {
    const sql = this.#statements
    const { openHorizonMs, turnHorizonMs } = this.#times
    const open = sql.dueOpen.all({ now, limit }).map(dueFrom)
    if (open.length < limit) {
      const horizon = now + openHorizonMs
      open.push(...sql.farOpen.all(horizon, limit - open.length).map(dueFrom))
    }
    const turns = sql.dueTurns.all(now, limit).map((row) => batchIdIn(row))
    if (turns.length < limit) {
      const far = sql.farTurns.all(now + turnHorizonMs, limit - turns.length)
      turns.push(...far.map((row) => batchIdIn(row)))
    }
    const soon = sql.soonOpen.all(now, now + soonMs, SOON_LIMIT).map(dueFrom)
    const isPageFull = open.length >= limit || turns.length >= limit
    return { now, open, turns, soon, nextAt: isPageFull ? now : this.#nextAfter(now) }
  }

  #nextAfter(now: number): number | null {
    const next = this.#statements.next.get({ now })
    return next === undefined || next.at === null ? null : numberIn(next, 'at')
  }

  /** Size and last message of open batches; null where none is open. */
  sizes(
    conversations: readonly ConversationKey[],
  ): ({ batchId: BatchId; size: number; lastAt: number } | null)[] {
    return conversations.map((conversation) => {
      const row = this.#statements.size.get(conversation)
      if (!row) return null
      return {
        batchId: batchIdIn(row),
        size: numberIn(row, 'size'),
        lastAt: numberIn(row, 'last_at'),
      }
    })
  }

  /** Open batches and turns that no queue has taken, those with the oldest message first. */
  pending({ offset, limit }: Page): { count: number; batches: OpenBatchView[] } {
    const count = this.#statements.pendingCount.get()
    const batches = this.#statements.pending.all(limit, offset).map(pendingFrom)
    return { count: count ? numberIn(count, 'n') : 0, batches }
  }

  /** Failed batches, those that failed first first. */
  failed({ offset, limit }: Page): { count: number; batches: BatchView[] } {
    const count = this.#statements.failedCount.get()
    const batches = this.#statements.failed
      .all(limit, offset)
      .map((row) => batchView(conversationIn(row), turnFrom(row), endingFrom(row)))
    return { count: count ? numberIn(count, 'n') : 0, batches }
  }
}

function dueFrom(row: Row): DueConversation {
  return {
    conversation: conversationIn(row),
    batchId: batchIdIn(row),
    dueAt: numberIn(row, 'due'),
  }
}

function pendingFrom(row: Row): OpenBatchView {
  return {
    conversation: conversationIn(row),
    batchId: batchIdIn(row),
    size: numberIn(row, 'size'),
    firstAt: numberIn(row, 'first_at'),
    lastAt: numberIn(row, 'last_at'),
    dueAt: row.due === null ? null : numberIn(row, 'due'),
    sealed: textIn(row, 'state') === 'sealed',
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text)
  return {
    dueOpen: sql(`SELECT * FROM (SELECT conversation, id, wake_at AS due FROM batch
        WHERE wake_at <= :now ORDER BY wake_at LIMIT :limit)
      UNION ALL SELECT * FROM (SELECT conversation, id, hold_end_at AS due FROM batch
        WHERE hold_end_at <= :now ORDER BY hold_end_at LIMIT :limit)
      ORDER BY due LIMIT :limit`),
    soonOpen: sql(`SELECT conversation, id, wake_at AS due FROM batch
      WHERE wake_at > ? AND wake_at <= ? ORDER BY wake_at LIMIT ?`),
    // No honest deadline is that far away: the clock has jumped back.
    farOpen: sql(`SELECT conversation, id, wake_at AS due FROM batch
      WHERE wake_at > ? ORDER BY wake_at LIMIT ?`),
    dueTurns: sql('SELECT id FROM batch WHERE look_at <= ? ORDER BY look_at LIMIT ?'),
    farTurns: sql('SELECT id FROM batch WHERE look_at > ? ORDER BY look_at LIMIT ?'),
    next: sql(`SELECT min(at) AS at FROM (
      SELECT min(wake_at) AS at FROM batch WHERE wake_at > :now
      UNION ALL SELECT min(hold_end_at) FROM batch WHERE hold_end_at > :now
      UNION ALL SELECT min(look_at) FROM batch WHERE look_at > :now)`),
    size: sql(`SELECT id, size, last_at FROM batch WHERE conversation = ? AND state = 'open'`),
    pendingCount: sql(`SELECT count(*) AS n FROM batch WHERE state IN ('open', 'sealed')`),
    pending: sql(`SELECT id, conversation, state, size, first_at, last_at,
      coalesce(wake_at, hold_end_at) AS due FROM batch
      WHERE state IN ('open', 'sealed') ORDER BY first_at, n LIMIT ? OFFSET ?`),
    failedCount: sql(`SELECT count(*) AS n FROM batch WHERE state = 'failed'`),
    failed: sql(`SELECT * FROM batch WHERE state = 'failed'
      ORDER BY settled_at, n LIMIT ? OFFSET ?`),
  }
}
