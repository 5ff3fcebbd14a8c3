/** Waits that a stop cuts short. */
import { setTimeout as sleep } from 'node:timers/promises'

export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

/** Resolves when the time is over or the signal came; it never rejects. */
export const waitFor: Wait = async (ms, signal) => {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    // Only the signal ends it early, and whoever waits looks at that.
  }
}
