/**
 * The file of a journal: what waits, and what was refused. Every commit is on the disk when it
 * returns, so it survives a crash and a power cut, and it belongs to one process at a time.
 *
 * A file that cannot be read is set aside, never overwritten; what can still be read of it goes into
 * a new one. Who does not start would lose more than what was waiting.
 */
import { chmodSync, existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { isBroken, isBusy } from '../batching/sqlite/sqlite-errors.ts'
import { makeDataFile } from '../data-dir.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { NewEntry } from './journal.ts'

/** 1 was the file of a bridge before others had one. */
const VERSION = 2
const PRAGMAS = `
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA trusted_schema = OFF;
PRAGMA journal_size_limit = 16777216;
`
const TABLES = `
CREATE TABLE IF NOT EXISTS entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  lane TEXT NOT NULL,
  body TEXT NOT NULL,
  sum INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refused (
  id INTEGER PRIMARY KEY,
  lane TEXT NOT NULL,
  body TEXT NOT NULL,
  sum INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  code TEXT NOT NULL
) STRICT;
`

export interface JournalPlace {
  readonly dataDir: string
  readonly file: string
  /** Whose it is, for people: `the spool`. */
  readonly name: string
  /** What to do when another process has it. */
  readonly whenOwned: string
  /** Further tables in the same file. */
  readonly tables?: string
  /** Takes what is in a file of an earlier version out of it, with the tables that it was in. */
  readonly takeOut?: (database: DatabaseSync) => Former
}

/** Of an earlier version, in their order. */
export interface Former {
  readonly entries: readonly FormerEntry[]
  readonly refused: readonly (FormerEntry & { readonly status: number; readonly code: string })[]
}

export interface FormerEntry extends NewEntry {
  /** Ms since 1970. */
  readonly at: number
}

export interface JournalFile {
  readonly database: DatabaseSync
  /** Where a file that could not be read lies now; null when all is well. */
  readonly asideAs: string | null
  /** Entries of it that could be read and are in the new one. */
  readonly saved: number
}

/** Throws `data_dir_unwritable`, `data_dir_owned` or `data_newer`. */
export function openJournalFile(place: JournalPlace, nowMs: number): JournalFile {
  const { file } = place
  try {
    makeDataFile(place.dataDir, file)
    return { database: open(place), asideAs: null, saved: 0 }
  } catch (error) {
    if (!isBroken(error)) throw refusal(place, error)
  }
  const asideAs = `${file}.broken-${nowMs}`
  for (const part of ['', '-wal', '-shm']) {
    if (existsSync(file + part)) renameSync(file + part, asideAs + part)
  }
  try {
    makeDataFile(place.dataDir, file)
    const database = open(place)
    return { database, asideAs, saved: save(asideAs, database) }
  } catch (error) {
    throw refusal(place, error)
  }
}

function open(place: JournalPlace): DatabaseSync {
  const { file, tables = '', takeOut } = place
  const database = new DatabaseSync(file)
  try {
    database.exec(PRAGMAS)
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
    if (version > VERSION) throw newer(place, version)
    const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check
    if (verdict !== 'ok') throw damaged(String(verdict))
    database.exec('BEGIN EXCLUSIVE')
    const former = version > 0 && version < VERSION ? takeOut?.(database) : undefined
    database.exec(`${TABLES}${tables}PRAGMA user_version = ${VERSION}`)
    if (former) putIn(database, former)
    database.exec('COMMIT')
    chmodSync(file, 0o600)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function putIn(database: DatabaseSync, { entries, refused }: Former): void {
  const insert = database.prepare('INSERT INTO entries (lane, body, sum, at) VALUES (?, ?, ?, ?)')
  for (const { lane, body, at } of entries) insert.run(lane, body, crc32(body), at)
  const refuse = database.prepare(
    'INSERT INTO refused (lane, body, sum, at, status, code) VALUES (?, ?, ?, ?, ?, ?)',
  )
  for (const { lane, body, at, status, code } of refused) {
    refuse.run(lane, body, crc32(body), at, status, code)
  }
}

/** As SQLite says it when it meets the damage itself. */
function damaged(verdict: string): Error {
  return Object.assign(new Error(verdict), { errcode: 11 })
}

/** From both ends, as far as each can be read; the place between them is lost with the damage. */
function save(asideAs: string, to: DatabaseSync): number {
  const found = new Map<number, Entry>()
  for (const order of ['ASC', 'DESC'] as const) {
    try {
      const from = new DatabaseSync(asideAs, { readOnly: true })
      try {
        for (const row of from.prepare(READ_ALL[order]).iterate()) {
          const { id, lane, body, sum, at } = row
          if (found.has(Number(id))) break
          found.set(Number(id), [String(lane), String(body), Number(sum), Number(at)])
        }
      } finally {
        from.close()
      }
    } catch {
      // As far as here; the file itself stays for who can read more of it.
    }
  }
  const insert = to.prepare('INSERT INTO entries (lane, body, sum, at) VALUES (?, ?, ?, ?)')
  to.exec('BEGIN IMMEDIATE')
  for (const [, entry] of [...found].sort(([a], [b]) => a - b)) insert.run(...entry)
  to.exec('COMMIT')
  return found.size
}

type Entry = [lane: string, body: string, sum: number, at: number]
const READ_ALL = {
  ASC: 'SELECT id, lane, body, sum, at FROM entries ORDER BY id ASC',
  DESC: 'SELECT id, lane, body, sum, at FROM entries ORDER BY id DESC',
} as const

function refusal({ dataDir, file, name, whenOwned }: JournalPlace, error: unknown): RapidFireError {
  if (error instanceof RapidFireError) return error
  if (isBusy(error)) {
    return new RapidFireError('data_dir_owned', `${file} is in use by another ${whenOwned}`, {
      cause: error,
    })
  }
  return new RapidFireError(
    'data_dir_unwritable',
    `${name} in DATA_DIR ${dataDir} cannot be opened (${messageOf(error)}): check the rights and the free space there, or set DATA_DIR to another directory`,
    { cause: error },
  )
}

function newer({ file }: JournalPlace, version: number): RapidFireError {
  return new RapidFireError(
    'data_newer',
    `${file} is of version ${version}, written by a newer rapid-fire; this one knows up to ${VERSION}: update rapid-fire`,
  )
}
