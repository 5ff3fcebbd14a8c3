/**
 * Says once that the store takes no writes, and once that it does again: a line for each call that
 * is refused would bury both. A store that is away says so itself.
 */
import { type ErrorCode, RapidFireError } from '../errors.ts'
import type { Events } from '../observability/events/events.ts'

const REFUSING: ReadonlySet<ErrorCode> = new Set([
  'store_full',
  'store_rights',
  'store_auth',
  'store_cluster',
])

export class RefusalLog {
  readonly #events: Events
  #since: { code: ErrorCode; atMs: number } | null = null

  constructor(events: Events) {
    this.#events = events
  }

  /** False when this is no refusal, and somebody else has to say it. */
  refused(error: unknown): boolean {
    if (!(error instanceof RapidFireError) || !REFUSING.has(error.code)) return false
    const { code, message } = error
    if (this.#since?.code === code) return true
    this.#since = { code, atMs: this.#since?.atMs ?? performance.now() }
    this.#events.emit('store.refusing', { code, error: message })
    return true
  }

  taken(): void {
    if (this.#since === null) return
    const forMs = performance.now() - this.#since.atMs
    this.#since = null
    this.#events.emit('store.taking', { forMs })
  }
}
