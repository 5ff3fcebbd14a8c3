/**
 * The file of a bridge: a journal of what is to be posted and what the gateway refused, and beside
 * it what was sent under which key.
 */
import type { DatabaseSync } from 'node:sqlite'
import {
  type Former,
  type FormerEntry,
  type JournalFile,
  openJournalFile,
} from '../journal/journal-file.ts'
import { bodyOf, LANE } from './event-queue.ts'

const SENDS = `
CREATE TABLE IF NOT EXISTS sends (
  key TEXT PRIMARY KEY,
  content TEXT NOT NULL,
  message_id TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sends_at ON sends (at);
`

/** Throws `data_dir_unwritable`, `data_dir_owned` or `data_newer`. */
export function openBridgeFile(dataDir: string, file: string, nowMs: number): JournalFile {
  return openJournalFile(
    {
      dataDir,
      file,
      name: 'the queue of the bridge',
      whenOwned: 'bridge: stop that one, or set BRIDGE_SESSION to another name',
      tables: SENDS,
      takeOut,
    },
    nowMs,
  )
}

/** Version 1 had an event's parts in columns of their own. */
function takeOut(database: DatabaseSync): Former {
  const entries = database.prepare('SELECT event, data, me, at FROM events ORDER BY id').all()
  const refused = database
    .prepare('SELECT event, data, me, at, status, code FROM refused ORDER BY id')
    .all()
  database.exec('DROP TABLE events; DROP TABLE refused')
  return {
    entries: entries.map(entryIn),
    refused: refused.map((row) => ({
      ...entryIn(row),
      status: Number(row.status),
      code: String(row.code),
    })),
  }
}

function entryIn({ event, data, me, at }: Readonly<Record<string, unknown>>): FormerEntry {
  const of = { event: String(event), data: String(data), me: me === null ? null : String(me) }
  return { lane: LANE, body: bodyOf(of), at: Number(at) }
}
