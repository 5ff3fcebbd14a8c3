/**
 * Channel: the way a part of a reply leaves. A part has an id that stays the same however often it
 * is tried, so that a bridge that remembers ids sends it once.
 */
import type { Part } from '../message.ts'

export interface OutgoingPart {
  /** `<batch>.<index>`. */
  readonly partId: string
  /** The person's address as it came in. */
  readonly to: string
  readonly content: Part
}

export interface Channel {
  readonly name: string
  /**
   * Resolves when the provider took it; '' where it gives no id. Rejects with `send_failed`
   * (may be tried again), `send_away` (so too, and surely nothing was taken) or `send_refused` (final).
   */
  send(part: OutgoingPart, signal: AbortSignal): Promise<{ providerId: string }>
  /** Shows that an answer is being written, for some seconds; a courtesy, so it may fail unheard. */
  typing?(to: string, signal: AbortSignal): Promise<void>
}
