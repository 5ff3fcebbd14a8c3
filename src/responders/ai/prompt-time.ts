/** Times as a model is told them: in the tenant's time zone, the day of the week where it helps. */

/** Whether it is a moment of the calendar; lists of other programs may hold any number. */
export const isTime = (ms: number): boolean => Math.abs(ms) <= 8.64e15

/** `2026-11-24 10:03` */
export function time(ms: number, timeZone: string): string {
  // Sweden's own way of writing is ISO's.
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(ms)
}

/** `Tuesday, 2026-11-24 10:03` */
export function dayAndTime(ms: number, timeZone: string): string {
  const day = new Intl.DateTimeFormat('en', { timeZone, weekday: 'long' }).format(ms)
  return `${day}, ${time(ms, timeZone)}`
}
