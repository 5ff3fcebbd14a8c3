/** What is wrong, or risky, with something that the service stands on: for the start, `/ready` and `doctor`. */
export interface Finding {
  /** For programs: `redis_evicts`. */
  readonly code: string
  /** error: what was accepted gets lost. warning: it may, one day. note: worth knowing. */
  readonly severity: 'error' | 'warning' | 'note'
  /** The fact, as a sentence without its full stop. */
  readonly what: string
  /** What may happen. */
  readonly risk: string
  /** The way out. */
  readonly fix: string
}

export function sentenceOf({ what, risk, fix }: Finding): string {
  return `${what}: ${risk}; ${fix}`
}
