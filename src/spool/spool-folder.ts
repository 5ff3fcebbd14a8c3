/**
 * The files of a spool folder. Each process writes one of its own, the first that no other one has;
 * what a dead process left is read by whoever finds it free. Files are emptied and stay: a name that
 * was removed while another process opens it would take its messages along.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { RapidFireError } from '../errors.ts'
import { Journal } from '../journal/journal.ts'
import { openJournalFile } from '../journal/journal-file.ts'

export interface SpoolFile {
  readonly name: string
  readonly journal: Journal
  /** Where a file that could not be read lies now; null when all is well. */
  readonly asideAs: string | null
  /** Entries that could be read of that one. */
  readonly saved: number
  close(): void
}

const NAME = /^spool-(\d+)\.db$/
const BROKEN = /^spool-\d+\.db\.broken-\d+$/
/** More processes with one folder than anybody has. */
const MOST_FILES = 256

export class SpoolFolder {
  readonly #dir: string
  readonly #clock: Clock

  constructor(dataDir: string, clock: Clock) {
    this.#dir = join(dataDir, 'spool')
    this.#clock = clock
  }

  get path(): string {
    return this.#dir
  }

  /** The first file that is free, but for those. Throws `data_dir_unwritable` or `data_newer`. */
  claim(taken: ReadonlySet<string>): SpoolFile {
    for (let number = 1; number <= MOST_FILES; number += 1) {
      const name = `spool-${number}.db`
      const file = taken.has(name) ? null : this.#open(name)
      if (file) return file
    }
    throw new RapidFireError(
      'data_dir_owned',
      `${MOST_FILES} processes have a spool in ${this.#dir}: give each host its own DATA_DIR`,
    )
  }

  /** Files in which something waits and that nobody has, but for those. */
  leftBehind(taken: ReadonlySet<string>): SpoolFile[] {
    if (!existsSync(this.#dir)) return []
    const found: SpoolFile[] = []
    for (const name of readdirSync(this.#dir)) {
      if (!NAME.test(name) || taken.has(name)) continue
      const file = this.#open(name)
      if (file === null) continue
      if (file.journal.counts().waiting > 0 || file.asideAs !== null) found.push(file)
      else file.close()
    }
    return found
  }

  /** Null when another process has it. */
  #open(name: string): SpoolFile | null {
    try {
      const place = {
        dataDir: this.#dir,
        file: join(this.#dir, name),
        name: 'the spool',
        whenOwned: 'process',
      }
      const { database, asideAs, saved } = openJournalFile(place, this.#clock())
      const journal = new Journal(database, this.#clock)
      return { name, journal, asideAs, saved, close: () => close(journal, database) }
    } catch (error) {
      if (error instanceof RapidFireError && error.code === 'data_dir_owned') return null
      throw error
    }
  }
}

function close(journal: Journal, database: DatabaseSync): void {
  journal.close()
  database.close()
}

/** What lies in the files that no process has now, read and left as it is; for who only looks. */
export function lookIn(dataDir: string): {
  folder: string
  messages: number
  setAside: number
  broken: string[]
} {
  const folder = join(dataDir, 'spool')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const sums = { messages: 0, setAside: 0 }
  for (const name of names.filter((one) => NAME.test(one))) {
    const { entries, refused } = countsIn(join(folder, name))
    sums.messages += entries
    sums.setAside += refused
  }
  return { folder, ...sums, broken: names.filter((name) => BROKEN.test(name)) }
}

function countsIn(file: string): { entries: number; refused: number } {
  const nothing = { entries: 0, refused: 0 }
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const sql =
      'SELECT (SELECT count(*) FROM entries) AS entries, (SELECT count(*) FROM refused) AS refused'
    const row = database.prepare(sql).get()
    return { entries: Number(row?.entries), refused: Number(row?.refused) }
  } catch (error) {
    // A process has it, or has begun to make it; one that is broken is put aside by the next start.
    if (error instanceof Error && 'errcode' in error) return nothing
    throw error
  } finally {
    database.close()
  }
}
