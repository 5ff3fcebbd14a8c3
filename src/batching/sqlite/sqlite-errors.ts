/** SQLite's error numbers as the errors that callers know. https://sqlite.org/rescode.html */
import { messageOf, RapidFireError } from '../../errors.ts'

const BUSY = 5
const CORRUPT = 11
const FULL = 13
const CONSTRAINT = 19
const NOT_A_DATABASE = 26

/** The primary result code of an error that SQLite threw; null for any other error. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY
}

/** No room on the disk, which passes when there is some. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === FULL
}

export function isBroken(error: unknown): boolean {
  const code = resultCode(error)
  return code === CORRUPT || code === NOT_A_DATABASE
}

/** What an operation throws. Errors that are not SQLite's pass as they are. */
export function storeError(error: unknown): unknown {
  const code = resultCode(error)
  if (code === null) return error
  const fact = messageOf(error)
  if (code === FULL) {
    return new RapidFireError('store_full', `the disk of the store is full (${fact}): make room`, {
      cause: error,
    })
  }
  if (code === CORRUPT || code === NOT_A_DATABASE || code === CONSTRAINT) {
    return damaged(fact, error)
  }
  return new RapidFireError(
    'store_away',
    `the store cannot be used now (${fact}): check the disk of DATA_DIR`,
    { cause: error },
  )
}

export function damaged(fact: string, cause?: unknown): RapidFireError {
  return new RapidFireError(
    'store_damaged',
    `the store holds data that cannot be right (${fact}); nothing was changed: npx rapid-fire doctor names it and can mend it`,
    { cause },
  )
}
