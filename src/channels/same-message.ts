/**
 * Whether what a provider shows may be a part that we began to send: by its text and by its time, as
 * far as messengers change the one and clocks differ in the other. Pure.
 */

/** Clocks of a provider and of the store are no further apart than this. */
const CLOCKS_MS = 5000

/** Messengers change white space; nothing else may differ. */
export function squeezed(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim()
}

export interface When {
  /** Provider's time, ms; null when it gave none. */
  readonly at: number | null
  /** To the millisecond, else to the second. */
  readonly exact: boolean
}

/** True where either time is not known: nothing speaks against it. */
export function isSince({ at, exact }: When, startedAt: number | undefined): boolean {
  if (at === null || startedAt === undefined) return true
  return at + (exact ? 0 : 999) + CLOCKS_MS >= startedAt
}
