/** Numbers and times as people read them. */

/** `300 ms`, `7.3 s`, `10 s`; minutes from two on. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms >= 120_000) return `${Math.round(ms / 60_000)} min`
  return `${Number((ms / 1000).toFixed(1))} s`
}

/** `1 message`, `1 283 messages`, `2 batches`. */
export function plural(count: number, one: string): string {
  const digits = String(count).replace(/\B(?=(?:\d{3})+$)/g, ' ')
  return `${digits} ${count === 1 ? one : /(?:ch|ss)$/.test(one) ? `${one}es` : `${one}s`}`
}

/** `12:04:26`, local time. */
export function timeOfDay(at: Date = new Date()): string {
  return at.toTimeString().slice(0, 8)
}
