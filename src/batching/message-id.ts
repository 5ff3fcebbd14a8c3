/** The identity of a message inside its conversation, and for how long it is known. */
import { hash } from 'node:crypto'
import { PLAUSIBLE_FUTURE_MS } from '../message-time.ts'

/**
 * 11 characters (66 bits) of SHA-256: 52 B in the store instead of the id's own length. In a group
 * the sender belongs to it, since ids repeat between members.
 */
export function idHash(id: string, sender?: string): string {
  return hash('sha256', sender ? `${sender}\n${id}` : id, 'base64url').slice(0, 11)
}

/**
 * A provider's time may be so far ahead: until it counts as late, the id has to be known.
 *
 * @param dedupeS DEDUPE_WINDOW
 */
export function rememberedMs(dedupeS: number): number {
  return dedupeS * 1000 + PLAUSIBLE_FUTURE_MS
}
