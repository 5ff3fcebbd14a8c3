/**
 * Says who owns a store's file. The lock itself is SQLite's, which the kernel frees when a process
 * dies; this note beside it only gives the lock a name, and one that is left behind means nothing.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface Owner {
  readonly pid: number
  readonly host: string
}

function noteOf(file: string): string {
  return `${file}.owner`
}

/** Call it with the lock held. */
export function signOwner(file: string): void {
  const mine: Owner = { pid: process.pid, host: hostname() }
  const draft = `${noteOf(file)}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(mine)}\n`, { mode: 0o600 })
  renameSync(draft, noteOf(file))
}

/** Call it before the lock is given up, lest the note of the next owner goes. */
export function unsignOwner(file: string): void {
  rmSync(noteOf(file), { force: true })
}

/** `process 4711 on host salon`, or what can be said when the note is not there. */
export function describeOwner(file: string): string {
  const owner = readOwner(file)
  return owner ? `process ${owner.pid} on host ${owner.host}` : 'another process'
}

function readOwner(file: string): Owner | null {
  try {
    const note: unknown = JSON.parse(readFileSync(noteOf(file), 'utf8'))
    if (typeof note !== 'object' || note === null || !('pid' in note) || !('host' in note)) {
      return null
    }
    const { pid, host } = note
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : null
  } catch (error) {
    // The note is for people; without a readable one the refusal is only less precise.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return null
    throw error
  }
}
