/** The statements of the examiner: what it looks at, and how it mends. */
import type { DatabaseSync } from 'node:sqlite'
import { OPEN_COLUMNS } from './rows.ts'
import { IS_TURN } from './schema.ts'

const WITH_THERE = `SELECT batch.*,
  (SELECT count(*) FROM message WHERE message.batch = batch.n) AS there FROM batch`
const REASONS = `('human', 'paused', 'stopped')`
const BAD_HOLD = `why NOT IN ${REASONS} OR under_why NOT IN ${REASONS}`
const CAUSES = `('idle', 'full', 'age', 'flush', 'clock')`

export function prepareExamining(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text)
  return {
    batches: sql(`${WITH_THERE} WHERE n > ? ORDER BY n LIMIT ?`),
    batch: sql(`${WITH_THERE} WHERE id = ?`),
    open: sql(`${WITH_THERE} WHERE conversation = ? AND state = 'open'`),
    turn: sql(`${WITH_THERE} WHERE conversation = ? AND ${IS_TURN}`),
    endless: sql('SELECT 1 FROM hold WHERE conversation = ? AND (until IS NULL OR until > ?)'),
    orphans: sql(`SELECT batch, count(*) AS there FROM message WHERE batch > ?
      AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.n = message.batch)
      GROUP BY batch ORDER BY batch LIMIT ?`),
    orphan: sql(`SELECT conversation, count(*) AS there FROM message WHERE batch = ?
      AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.n = message.batch)
      GROUP BY batch`),
    badHolds: sql(`SELECT conversation FROM hold WHERE ${BAD_HOLD}`),
    aliases: sql(
      'SELECT conversation FROM alias WHERE conversation > ? ORDER BY conversation LIMIT ?',
    ),
    sums: sql(`SELECT
      coalesce(sum(size) FILTER (WHERE state = 'open' OR ${IS_TURN}), 0) AS open,
      coalesce(sum(size) FILTER (WHERE state = 'failed'), 0) AS failed FROM batch`),

    remove: sql('DELETE FROM batch WHERE n = ?'),
    resize: sql('UPDATE batch SET size = ? WHERE n = ?'),
    lookAt: sql('UPDATE batch SET look_at = ? WHERE n = ?'),
    mendWindow: sql(`UPDATE batch SET idle_ms = coalesce(idle_ms, ?),
      last_loud = coalesce(last_loud, size), over_at = coalesce(over_at, 0) WHERE n = ?`),
    saveOpen: sql(`UPDATE batch SET ${OPEN_COLUMNS.map((column, i) => `${column} = ?${i + 2}`)}
      WHERE n = ?1`),
    keepFailed: sql(`UPDATE batch SET state = 'failed', reason = 'record_lost', settled_at = ?1,
      size = ?2, look_at = NULL, wake_at = NULL, hold_end_at = NULL,
      sealed_at = coalesce(sealed_at, ?1), attempt = max(1, coalesce(attempt, 1)),
      epoch = coalesce(epoch, 0) + 1, starts = coalesce(starts, 0), retries = coalesce(retries, 0),
      cause = iif(cause IN ${CAUSES}, cause, 'age') WHERE n = ?3`),
    forgetDraft: sql('UPDATE batch SET draft = NULL, parts = NULL WHERE n = ?'),
    addFailed: sql(`INSERT INTO batch (n, id, conversation, state, size, first_at, last_at, due_at,
      age_ms, max_size, sealed_at, cause, attempt, epoch, starts, retries, reason, settled_at)
      VALUES (:n, :id, :conversation, 'failed', :size, :now, :now, :now, 0, 0, :now, 'age', 1, 0, 0,
      0, 'record_lost', :now)`),
    mendHold: sql(`UPDATE hold SET why = iif(why IN ${REASONS}, why, 'paused'),
      under_until = iif(under_why IN ${REASONS}, under_until, NULL),
      under_why = iif(under_why IN ${REASONS}, under_why, NULL)
      WHERE conversation = ? AND (${BAD_HOLD})`),
    dropAlias: sql('DELETE FROM alias WHERE conversation = ?'),
  }
}
