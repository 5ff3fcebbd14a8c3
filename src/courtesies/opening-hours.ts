/**
 * When a business is open, as OpenStreetMap writes it: `Mo-Fr 09:00-18:00; Sa 10:00-14:00`.
 *
 * Hours are by the clock on the wall, so that a change to summer time moves none of them, and are
 * kept as minutes of a week that begins on Monday at midnight.
 */
import { DAYS, MINUTES_A_DAY, MINUTES_A_WEEK, WallClock } from './wall-clock.ts'

const MINUTE_MS = 60_000
/** Time zones change at such moments only, so that in between the clock on the wall runs evenly. */
const QUARTER_MS = 15 * MINUTE_MS
const BACK_MS = 14 * MINUTES_A_DAY * MINUTE_MS

export type Hours = readonly Range[]

/** Minutes of the week, or of a day; `to` may lie behind its end. */
interface Range {
  readonly from: number
  readonly to: number
}

export type ReadHours =
  | { readonly ok: true; readonly hours: Hours }
  | { readonly ok: false; readonly sentence: string }

/**
 * Rules separated by `;`, each with days and times, both lists: `Mo,We-Fr 09:00-12:00,13:00-18:00`.
 * Without days it is for all of them; `off` instead of times is closed. Times over midnight belong
 * to the day on which they begin. A later rule replaces an earlier one on its days.
 */
export function parseHours(text: string): ReadHours {
  const byDay = new Map<number, Hours>()
  for (const rule of text
    .replace(/\s+/g, ' ')
    .split(';')
    .map((part) => part.trim())) {
    if (rule === '') continue
    const at = rule.search(/\d|(?:off|closed)$/i)
    if (at === -1) return { ok: false, sentence: `"${rule}" says no times, as 09:00-18:00` }
    const days = readDays(rule.slice(0, at))
    if (typeof days === 'string') return { ok: false, sentence: days }
    const times = readTimes(rule.slice(at))
    if (typeof times === 'string') return { ok: false, sentence: times }
    for (const day of days)
      byDay.set(
        day,
        times.map((time) => moved(time, day * MINUTES_A_DAY)),
      )
  }
  const hours = [...byDay.values()].flat()
  if (hours.length === 0) return { ok: false, sentence: 'it is never open' }
  return { ok: true, hours }
}

export function isOpen(hours: Hours, atMs: number, timeZone: string): boolean {
  return isOpenAt(hours, new WallClock(timeZone).minuteOfWeek(atMs))
}

/**
 * When the closed time began in which `atMs` lies; `atMs` itself when it is open. No longer than 14
 * days before it.
 */
export function closedSince(hours: Hours, atMs: number, timeZone: string): number {
  const wall = new WallClock(timeZone)
  const earliest = atMs - BACK_MS
  let quarter = Math.floor(atMs / QUARTER_MS) * QUARTER_MS
  let minute = Math.floor((atMs - quarter) / MINUTE_MS)
  while (quarter > earliest) {
    const first = wall.minuteOfWeek(quarter)
    for (; minute >= 0; minute -= 1) {
      const end = quarter + (minute + 1) * MINUTE_MS
      if (isOpenAt(hours, first + minute)) return Math.min(end, atMs)
    }
    quarter -= QUARTER_MS
    minute = QUARTER_MS / MINUTE_MS - 1
  }
  return earliest
}

function isOpenAt(hours: Hours, minuteOfWeek: number): boolean {
  const at = minuteOfWeek % MINUTES_A_WEEK
  return hours.some(({ from, to }) => (at >= from && at < to) || at + MINUTES_A_WEEK < to)
}

function moved({ from, to }: Range, by: number): Range {
  return { from: from + by, to: to + by }
}

/** Numbers of the days, or what is wrong with them. */
function readDays(text: string): readonly number[] | string {
  const list = text.trim().replace(/:$/, '')
  if (list === '') return [...DAYS.keys()]
  const days: number[] = []
  for (const item of list.split(',').map((part) => part.trim())) {
    const [first = '', last = first, ...more] = item.split('-').map((part) => part.trim())
    const from = dayOf(first)
    const to = dayOf(last)
    if (from === -1 || to === -1 || more.length > 0) {
      return `"${item}" is no day: ${DAYS.join(', ')}, or two of them as Mo-Fr`
    }
    const count = (to - from + DAYS.length) % DAYS.length
    for (let i = 0; i <= count; i += 1) days.push((from + i) % DAYS.length)
  }
  return days
}

function dayOf(name: string): number {
  return DAYS.findIndex((day) => day.toLowerCase() === name.toLowerCase())
}

/** Ranges of a day, or what is wrong with them. */
function readTimes(text: string): Hours | string {
  if (/^(?:off|closed)$/i.test(text)) return []
  const times: Range[] = []
  for (const item of text.split(',').map((part) => part.trim())) {
    const [, fromText = '', toText = ''] = /^(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)$/.exec(item) ?? []
    const from = minuteOf(fromText)
    const to = minuteOf(toText)
    if (from === null || to === null || from === MINUTES_A_DAY) {
      return `"${item}" are no times: from 00:00 to 24:00, as 09:00-18:00`
    }
    if (from === to) return `"${item}" is no time at all; the whole day is 00:00-24:00`
    times.push({ from, to: to < from ? to + MINUTES_A_DAY : to })
  }
  return times
}

function minuteOf(text: string): number | null {
  const [hours = Number.NaN, minutes = Number.NaN] = text.split(':').map(Number)
  const minute = hours * 60 + minutes
  return minutes < 60 && minute <= MINUTES_A_DAY ? minute : null
}
