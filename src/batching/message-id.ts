/** The identity of a message inside its conversation. */
import { hash } from 'node:crypto'

/**
 * 11 characters (66 bits) of SHA-256: 52 B in the store instead of the id's own length. In a group
 * the sender belongs to it, since ids repeat between members.
 */
export function idHash(id: string, sender?: string): string {
  return hash('sha256', sender ? `${sender}\n${id}` : id, 'base64url').slice(0, 11)
}
