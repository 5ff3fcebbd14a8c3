/**
 * Reading a provider's time. It decides order and age only, so what cannot be read is no reason to
 * refuse a message: it then counts as written when it arrived. Pure.
 */
export const PLAUSIBLE_PAST_MS = 30 * 24 * 3_600_000
export const PLAUSIBLE_FUTURE_MS = 5 * 60_000

export interface MessageTime {
  /** Ms since 1970; null when absent, unreadable or not plausible. */
  readonly sentAt: number | null
  /** Exact to the millisecond, else to the second. */
  readonly exact: boolean
  /** As given, for those who read the element. */
  readonly original?: number | string
}

const MAX_ORIGINAL_CHARACTERS = 64
const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/i
const RFC_2822 =
  /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:GMT|UTC|[+-]\d{4})$/

/**
 * Seconds, milliseconds or microseconds as a number or as digits, an ISO or RFC 2822 date with its
 * zone, or a 64-bit integer as `{low, high}`. A date without a zone is nobody's time.
 */
export function readTime(given: unknown, nowMs: number): MessageTime {
  const original = originalOf(given)
  const read = toMs(given)
  const plausible =
    read !== null && read.ms >= nowMs - PLAUSIBLE_PAST_MS && read.ms <= nowMs + PLAUSIBLE_FUTURE_MS
  return {
    sentAt: plausible ? read.ms : null,
    exact: plausible && read.exact,
    ...(original !== undefined && { original }),
  }
}

/** A time that has been, however long ago: a phone that catches up tells of weeks past. */
export function pastTime(given: unknown, nowMs: number): { ms: number | null; exact: boolean } {
  const read = toMs(given)
  const isPast = read !== null && read.ms <= nowMs + PLAUSIBLE_FUTURE_MS
  return { ms: isPast ? read.ms : null, exact: isPast && read.exact }
}

interface Read {
  readonly ms: number
  readonly exact: boolean
}

function toMs(given: unknown): Read | null {
  if (typeof given === 'number') return fromNumber(given)
  if (typeof given === 'string') return fromText(given)
  if (typeof given === 'object' && given !== null) return fromLong(given)
  return null
}

/** The unit follows from the size: each range is centuries away from the next. */
function fromNumber(value: number): Read | null {
  if (!Number.isFinite(value) || value <= 0) return null
  if (value < 1e11) return { ms: Math.round(value * 1000), exact: !Number.isInteger(value) }
  if (value < 1e14) return { ms: Math.floor(value), exact: true }
  if (value < 1e17) return { ms: Math.floor(value / 1000), exact: true }
  return null
}

function fromText(text: string): Read | null {
  // Number() would also take blanks, `1e12` and `0x18`; a time is digits.
  if (/^\d{1,17}$/.test(text)) return fromNumber(Number(text))
  const iso = ISO.exec(text)
  if (!iso && !RFC_2822.test(text)) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : { ms, exact: iso?.[1] !== undefined }
}

function fromLong(given: object): Read | null {
  const low: unknown = Object.hasOwn(given, 'low') ? Reflect.get(given, 'low') : undefined
  const high: unknown = Object.hasOwn(given, 'high') ? Reflect.get(given, 'high') : undefined
  if (!Number.isInteger(low) || !Number.isInteger(high)) return null
  return fromNumber((Number(high) >>> 0) * 2 ** 32 + (Number(low) >>> 0))
}

function originalOf(given: unknown): number | string | undefined {
  if (typeof given === 'number') return Number.isFinite(given) ? given : undefined
  if (typeof given !== 'string') return undefined
  return given.slice(0, MAX_ORIGINAL_CHARACTERS).toWellFormed().replaceAll('\0', '\uFFFD')
}
