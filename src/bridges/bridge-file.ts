/**
 * The file of a bridge: a journal of what is to be posted and what the gateway refused, and beside
 * it what was sent under which key.
 */
import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { type JournalFile, openJournalFile } from '../journal/journal-file.ts'
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
      upgrade: toEntries,
    },
    nowMs,
  )
}

/** Of version 1, which had a table of its own for each. */
function toEntries(database: DatabaseSync): void {
  const events = database.prepare('SELECT event, data, me, at FROM events ORDER BY id').all()
  const refused = database
    .prepare('SELECT id, event, data, me, at, status, code FROM refused ORDER BY id')
    .all()
  database.exec('DROP TABLE events; DROP TABLE refused')
  database.exec(
    `CREATE TABLE entries (id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
     CREATE TABLE refused (id INTEGER PRIMARY KEY, lane TEXT NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL, code TEXT NOT NULL) STRICT;`,
  )
  const insert = database.prepare('INSERT INTO entries (lane, body, sum, at) VALUES (?, ?, ?, ?)')
  for (const row of events) {
    const body = bodyIn(row)
    insert.run(LANE, body, crc32(body), Number(row.at))
  }
  const refuse = database.prepare(
    'INSERT INTO refused (id, lane, body, sum, at, status, code) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  for (const row of refused) {
    const body = bodyIn(row)
    const { id, at, status, code } = row
    refuse.run(Number(id), LANE, body, crc32(body), Number(at), Number(status), String(code))
  }
}

function bodyIn({ event, data, me }: Readonly<Record<string, unknown>>): string {
  return bodyOf({
    event: String(event),
    data: String(data),
    me: me === null ? null : String(me),
  })
}
