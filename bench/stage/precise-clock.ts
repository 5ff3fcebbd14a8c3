/**
 * Wall time with fractions of a millisecond: `Date.now()` at the moment when it changes, carried on
 * by the monotonic clock. Good for minutes; make a new one for each round.
 */
import type { Clock } from '../../src/clock.ts'

export function preciseClock(): Clock {
  const before = Date.now()
  let now = before
  while (now === before) now = Date.now()
  const offset = now - performance.now()
  return () => performance.now() + offset
}
