/**
 * The file of a bridge: what is to be posted, what the gateway refused, and what was sent under
 * which key. It is written with every commit on the disk, so it survives a crash and a power cut.
 *
 * A file that cannot be read is set aside, never overwritten, and a new one is begun: a bridge that
 * does not start would lose more than what was waiting.
 */
import { chmodSync, existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { isBroken, isBusy } from '../batching/sqlite/sqlite-errors.ts'
import { makeDataFile } from '../data-dir.ts'
import { messageOf, RapidFireError } from '../errors.ts'

const VERSION = 1
const PRAGMAS = `
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA trusted_schema = OFF;
PRAGMA journal_size_limit = 16777216;
`
const TABLES = `
BEGIN EXCLUSIVE;
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL,
  data TEXT NOT NULL,
  me TEXT,
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refused (
  id INTEGER PRIMARY KEY,
  event TEXT NOT NULL,
  data TEXT NOT NULL,
  me TEXT,
  at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  code TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sends (
  key TEXT PRIMARY KEY,
  content TEXT NOT NULL,
  message_id TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sends_at ON sends (at);
PRAGMA user_version = ${VERSION};
COMMIT;
`

export interface BridgeFile {
  readonly database: DatabaseSync
  /** Where a file that could not be read lies now; null when all is well. */
  readonly asideAs: string | null
}

/** Throws `data_dir_unwritable`, `data_dir_owned` or `data_newer`. */
export function openBridgeFile(dataDir: string, file: string, nowMs: number): BridgeFile {
  makeFile(dataDir, file)
  try {
    return { database: open(file), asideAs: null }
  } catch (error) {
    if (!isBroken(error)) throw refusal(dataDir, file, error)
  }
  const asideAs = `${file}.broken-${nowMs}`
  for (const part of ['', '-wal', '-shm']) {
    if (existsSync(file + part)) renameSync(file + part, asideAs + part)
  }
  try {
    return { database: open(file), asideAs }
  } catch (error) {
    throw refusal(dataDir, file, error)
  }
}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    database.exec(PRAGMAS)
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
    if (version > VERSION) throw newer(file, version)
    const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check
    if (verdict !== 'ok') throw damaged(String(verdict))
    database.exec(TABLES)
    chmodSync(file, 0o600)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** As SQLite says it when it meets the damage itself. */
function damaged(verdict: string): Error {
  return Object.assign(new Error(verdict), { errcode: 11 })
}

function makeFile(dataDir: string, file: string): void {
  try {
    makeDataFile(dataDir, file)
  } catch (error) {
    throw refusal(dataDir, file, error)
  }
}

function refusal(dataDir: string, file: string, error: unknown): RapidFireError {
  if (error instanceof RapidFireError) return error
  if (isBusy(error)) {
    return new RapidFireError(
      'data_dir_owned',
      `${file} is in use by another bridge: stop that one, or set BRIDGE_SESSION to another name`,
      { cause: error },
    )
  }
  return new RapidFireError(
    'data_dir_unwritable',
    `the queue of the bridge in DATA_DIR ${dataDir} cannot be opened (${messageOf(error)}): check the rights and the free space there, or set DATA_DIR to another directory`,
    { cause: error },
  )
}

function newer(file: string, version: number): RapidFireError {
  return new RapidFireError(
    'data_newer',
    `${file} is of version ${version}, written by a newer rapid-fire; this one knows up to ${VERSION}: update rapid-fire`,
  )
}
