/** Calls to a store that is away: repeated until it is back, since they are idempotent. */
import { setTimeout as wait } from 'node:timers/promises'
import { RapidFireError } from '../errors.ts'

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1000

/** What passes by itself; a damaged conversation does not. */
export function passes(error: unknown): boolean {
  return error instanceof RapidFireError && error.status === 503 && error.code !== 'store_damaged'
}

/** `until` decides before each wait, and throws when it is enough. */
export async function patiently<T>(
  call: () => Promise<T>,
  until: (waitMs: number, error: unknown) => void,
  stopping?: AbortSignal,
): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await call()
    } catch (error) {
      if (!passes(error)) throw error
      until(waitMs, error)
    }
    await wait(waitMs, undefined, stopping ? { signal: stopping } : {}).catch(() => {
      stopping?.throwIfAborted()
    })
  }
}
