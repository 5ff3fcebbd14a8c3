/** What is read without changing anything: what is due, and the lists for people. */
import type { DatabaseSync } from 'node:sqlite'
import type { BatchId, ConversationKey } from '../../message.ts'
import type {
  BatchView,
  Counts,
  Due,
  DueConversation,
  OpenBatchView,
  StoreTimes,
} from '../store.ts'
import type { HoldView } from '../store-holds.ts'
import type { StoreLoad } from '../store-load.ts'
import { batchView } from '../views.ts'
import type { Row } from './rows.ts'
import {
  batchIdIn,
  conversationIn,
  endingFrom,
  holdReasonIn,
  numberIn,
  textIn,
  turnFrom,
} from './rows.ts'
import { IS_TURN } from './schema.ts'

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
    // One transaction for all of it: opening one for each statement would double the cost.
    this.#statements.begin.run()
    try {
      return this.#due(now, limit, soonMs)
    } finally {
      this.#statements.end.run()
    }
  }

  #due(now: number, limit: number, soonMs: number): Due {
    const sql = this.#statements
    const { openHorizonMs, turnHorizonMs } = this.#times
    const held = sql.dueHeld.all(now, limit)
    const open = earliest(sql.dueOpen.all(now, limit), held, limit).map(dueFrom)
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
    const { nextOpen, nextHeld, nextTurn } = this.#statements
    let next: number | null = null
    for (const statement of [nextOpen, nextHeld, nextTurn]) {
      const at = statement.get(now)?.at
      if (typeof at === 'number' && (next === null || at < next)) next = at
    }
    return next
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

  /** Holds that have not ended, those that end first first. */
  holds({ offset, limit }: Page, now: number): { count: number; holds: HoldView[] } {
    const count = this.#statements.holdCount.get(now)
    const holds = this.#statements.holds.all(now, limit, offset).map((row) => ({
      conversation: conversationIn(row),
      why: holdReasonIn(row),
      until: row.until === null ? null : numberIn(row, 'until'),
    }))
    return { count: count ? numberIn(count, 'n') : 0, holds }
  }

  load(counts: Counts, now: number): StoreLoad {
    const row = this.#statements.load.get({ now })
    if (!row) throw new Error('an aggregate answers one row')
    const oldestAt = row.oldest_at === null ? now : numberIn(row, 'oldest_at')
    const dueAt = row.due_at === null ? now : numberIn(row, 'due_at')
    return {
      openBatches: numberIn(row, 'open'),
      turns: numberIn(row, 'turns'),
      failedBatches: numberIn(row, 'failed'),
      holds: numberIn(row, 'holds'),
      oldestOpenMs: Math.max(0, now - oldestAt),
      overdueMs: Math.max(0, now - dueAt),
      counts,
      memory: null,
    }
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

/** The first `limit` of two lists in order of `due`. */
function earliest(open: Row[], held: Row[], limit: number): Row[] {
  if (held.length === 0) return open
  return [...open, ...held].sort((a, b) => numberIn(a, 'due') - numberIn(b, 'due')).slice(0, limit)
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
    begin: sql('BEGIN'),
    end: sql('COMMIT'),
    dueOpen: sql(`SELECT conversation, id, wake_at AS due FROM batch
      WHERE wake_at <= ? ORDER BY wake_at LIMIT ?`),
    dueHeld: sql(`SELECT conversation, id, hold_end_at AS due FROM batch
      WHERE hold_end_at <= ? ORDER BY hold_end_at LIMIT ?`),
    soonOpen: sql(`SELECT conversation, id, wake_at AS due FROM batch
      WHERE wake_at > ? AND wake_at <= ? ORDER BY wake_at LIMIT ?`),
    // No honest deadline is that far away: the clock has jumped back.
    farOpen: sql(`SELECT conversation, id, wake_at AS due FROM batch
      WHERE wake_at > ? ORDER BY wake_at LIMIT ?`),
    dueTurns: sql('SELECT id FROM batch WHERE look_at <= ? ORDER BY look_at LIMIT ?'),
    farTurns: sql('SELECT id FROM batch WHERE look_at > ? ORDER BY look_at LIMIT ?'),
    nextOpen: sql('SELECT min(wake_at) AS at FROM batch WHERE wake_at > ?'),
    nextHeld: sql('SELECT min(hold_end_at) AS at FROM batch WHERE hold_end_at > ?'),
    nextTurn: sql('SELECT min(look_at) AS at FROM batch WHERE look_at > ?'),
    size: sql(`SELECT id, size, last_at FROM batch WHERE conversation = ? AND state = 'open'`),
    pendingCount: sql(`SELECT count(*) AS n FROM batch WHERE state IN ('open', 'sealed')`),
    pending: sql(`SELECT id, conversation, state, size, first_at, last_at,
      coalesce(wake_at, hold_end_at) AS due FROM batch
      WHERE state IN ('open', 'sealed') ORDER BY first_at, n LIMIT ? OFFSET ?`),
    holdCount: sql('SELECT count(*) AS n FROM hold WHERE until IS NULL OR until > ?'),
    holds: sql(`SELECT conversation, until, why FROM hold WHERE until IS NULL OR until > ?
      ORDER BY until NULLS LAST, conversation LIMIT ? OFFSET ?`),
    load: sql(`SELECT
      (SELECT count(*) FROM batch WHERE state = 'open') AS open,
      (SELECT count(*) FROM batch WHERE ${IS_TURN}) AS turns,
      (SELECT count(*) FROM batch WHERE state = 'failed') AS failed,
      (SELECT count(*) FROM hold WHERE until IS NULL OR until > :now) AS holds,
      next.due AS due_at, next.first_at AS oldest_at
      FROM (SELECT 1) LEFT JOIN (SELECT first_at, due FROM (
        SELECT * FROM (SELECT first_at, wake_at AS due FROM batch
          WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1)
        UNION ALL
        SELECT * FROM (SELECT first_at, hold_end_at AS due FROM batch
          WHERE hold_end_at IS NOT NULL ORDER BY hold_end_at LIMIT 1)
      ) ORDER BY due LIMIT 1) AS next`),
    failedCount: sql(`SELECT count(*) AS n FROM batch WHERE state = 'failed'`),
    failed: sql(`SELECT * FROM batch WHERE state = 'failed'
      ORDER BY settled_at, n LIMIT ? OFFSET ?`),
  }
}
