/** The time on the wall of a place, as the minute of a week that begins on Monday at midnight. */

export const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su']
export const MINUTES_A_DAY = 24 * 60
export const MINUTES_A_WEEK = 7 * MINUTES_A_DAY

/** Costs some 50 µs to make and one to ask, so one is made for a whole search. */
export class WallClock {
  readonly #format: Intl.DateTimeFormat

  /** Throws a RangeError for a time zone that there is not. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  }

  minuteOfWeek(atMs: number): number {
    const parts = new Map(this.#format.formatToParts(atMs).map(({ type, value }) => [type, value]))
    const day = DAYS.indexOf(parts.get('weekday')?.slice(0, 2) ?? '')
    return day * MINUTES_A_DAY + Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
  }
}
