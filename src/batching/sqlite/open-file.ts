/**
 * Opens the file of a store: makes it, or checks it before anything is written to it, then locks
 * it for this process alone and brings its tables up to date.
 */
import { chmodSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { makeDataFile } from '../../data-dir.ts'
import { messageOf, RapidFireError } from '../../errors.ts'
import { describeOwner, signOwner } from './owner.ts'
import { APPLICATION_ID, MIGRATIONS, migrate, missingPart } from './schema.ts'
import { isBroken, isBusy } from './sqlite-errors.ts'

/** Larger files are not read through at start: it would take seconds (30 MB take about 50 ms). */
const CHECKED_UP_TO_BYTES = 64 * 1024 * 1024

const SETTINGS = `
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA trusted_schema = OFF;
PRAGMA cache_size = -32768;
PRAGMA journal_size_limit = 67108864;
`

/**
 * The open database, owned by this process until it is closed or the process dies.
 * Throws `data_dir_unwritable`, `data_dir_owned`, `data_newer` or `data_broken`; what is there
 * stays as it is then.
 */
export function openFile(dataDir: string, file: string): DatabaseSync {
  makeFile(dataDir, file)
  return refusing(dataDir, file, () => {
    const version = probe(dataDir, file)
    const database = new DatabaseSync(file)
    try {
      database.exec(SETTINGS)
      migrate(database, version)
      // Locks even when nothing had to be migrated.
      database.exec('BEGIN EXCLUSIVE; COMMIT')
      chmodSync(file, 0o600)
      signOwner(file)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

function makeFile(dataDir: string, file: string): void {
  try {
    makeDataFile(dataDir, file)
  } catch (error) {
    throw new RapidFireError(
      'data_dir_unwritable',
      `DATA_DIR ${dataDir} cannot be written (${whyNot(error)}): give this user the right to write there, or set DATA_DIR to another directory`,
      { cause: error },
    )
  }
}

function whyNot(error: unknown): string {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string'
  const code = hasCode ? String(error.code) : messageOf(error)
  return code === 'EEXIST' || code === 'ENOTDIR' ? 'a file is in its way' : code
}

/** Reads what the file is, with a connection that cannot write: how many migrations it has. */
function probe(dataDir: string, file: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
    const program = Number(database.prepare('PRAGMA application_id').get()?.application_id)
    const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n)
    if (tables === 0 && version === 0) return 0
    if (program !== APPLICATION_ID) {
      throw broken(dataDir, 'it is a database of another program')
    }
    if (version > MIGRATIONS.length) {
      throw new RapidFireError(
        'data_newer',
        `the data in DATA_DIR ${dataDir} is of version ${version}, written by a newer rapid-fire; this one knows up to ${MIGRATIONS.length}: update rapid-fire, or set DATA_DIR to another directory`,
      )
    }
    if (statSync(file).size <= CHECKED_UP_TO_BYTES) {
      const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check
      if (verdict !== 'ok') throw broken(dataDir, 'its check failed')
    }
    const missing = missingPart(database, version)
    if (missing) throw broken(dataDir, `its ${missing} is missing`)
    return version
  } finally {
    database.close()
  }
}

function refusing<Opened>(dataDir: string, file: string, open: () => Opened): Opened {
  try {
    return open()
  } catch (error) {
    if (isBusy(error)) {
      throw new RapidFireError(
        'data_dir_owned',
        `DATA_DIR ${dataDir} is in use by ${describeOwner(file)}: stop that one first, set DATA_DIR to another directory, or set REDIS_URL to run several processes`,
        { cause: error },
      )
    }
    if (isBroken(error)) throw broken(dataDir, messageOf(error), error)
    if (error instanceof RapidFireError) throw error
    throw new RapidFireError(
      'data_dir_unwritable',
      `the store in DATA_DIR ${dataDir} cannot be opened (${messageOf(error)}): check the rights and the free space there, or set DATA_DIR to another directory`,
      { cause: error },
    )
  }
}

function broken(dataDir: string, fact: string, cause?: unknown): RapidFireError {
  return new RapidFireError(
    'data_broken',
    `rapid-fire.db in DATA_DIR ${dataDir} cannot be read (${fact}); nothing in it was changed: restore a backup, or move it away together with its -wal file to start empty`,
    { cause },
  )
}
