/**
 * What the test has to see as a loss: SQLite that does not sync its commits, set behind the
 * product's back in a process that writes, right after the product made its own settings.
 */
import { DatabaseSync } from 'node:sqlite'

/** Answers how to make sure, once the store is open, that it came to pass. */
export function syncLess(): () => void {
  const { exec } = DatabaseSync.prototype
  let synchronous: unknown
  DatabaseSync.prototype.exec = function weakened(sql) {
    exec.call(this, sql)
    if (!/journal_mode\s*=\s*WAL/i.test(sql)) return
    exec.call(this, 'PRAGMA synchronous = NORMAL')
    synchronous = this.prepare('PRAGMA synchronous').get()?.synchronous
  }
  return () => {
    if (synchronous !== 1) throw new Error(`synchronous is ${synchronous}, not NORMAL`)
  }
}
