/**
 * A provider says that it has a part of which nobody knew whether it was taken: it is sent. Pure; the
 * Lua script `arrive` says the same.
 */
import type { Turn } from './conversation-state.ts'
import type { Arrival } from './store-turn.ts'

/** The turn then; null when that part is not on the wire, or another try of it is. */
export function arrived(
  turn: Turn,
  { index, startedAt, providerId }: Pick<Arrival, 'index' | 'startedAt' | 'providerId'>,
): Turn | null {
  const part = turn.parts[index]
  if (part?.state !== 'sending' || part.startedAt !== startedAt) return null
  return { ...turn, parts: turn.parts.with(index, { state: 'sent', providerId }) }
}
