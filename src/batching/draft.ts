/** A draft as a store keeps it, read back. */
import type { Part } from '../message.ts'

/** The parts; a plain text is one of them, as drafts were once. Null when it is no draft. */
export function draftIn(stored: unknown): readonly Part[] | null {
  if (!Array.isArray(stored)) return null
  const parts = stored.map(partIn)
  return parts.includes(null) ? null : (parts as Part[])
}

function partIn(stored: unknown): Part | null {
  if (typeof stored === 'string') return { text: stored }
  if (typeof stored !== 'object' || stored === null) return null
  if ('text' in stored && typeof stored.text === 'string') return { text: stored.text }
  if (!('reaction' in stored) || !('messageId' in stored)) return null
  const { reaction, messageId } = stored
  if (typeof reaction !== 'string' || typeof messageId !== 'string') return null
  return { reaction, messageId }
}
