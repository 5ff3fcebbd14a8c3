/**
 * When the other side says that it may be asked again, as ms from now.
 *
 * It only reads: a date in the past or a nonsense number comes out as it is, below zero or
 * enormous, and whoever waits clamps it.
 */

/** `Sun, 06 Nov 1994 08:49:37 GMT`, also in its two obsolete forms, which begin with a day too. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /

/** @param header the value of `Retry-After`: seconds, or an HTTP date */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | null {
  const given = header?.trim() ?? ''
  if (given === '') return null
  const ms = Math.round(Number(given) * 1000)
  if (Number.isFinite(ms)) return ms
  if (!HTTP_DATE.test(given)) return null
  // The form of C's asctime names no zone, and is GMT as the others are.
  const at = Date.parse(given.endsWith('GMT') ? given : `${given} GMT`)
  return Number.isNaN(at) ? null : at - nowMs
}

/** Of an answer: `retry-after-ms` is finer and goes first, then `retry-after`. Names in lower case. */
export function retryAfterOf(
  headers: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): number | null {
  const given = headers['retry-after-ms']?.trim() ?? ''
  const ms = given === '' ? Number.NaN : Number(given)
  return Number.isFinite(ms) ? Math.round(ms) : retryAfterMs(headers['retry-after'], nowMs)
}
