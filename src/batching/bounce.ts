/**
 * A provider took a part of an answer and says later that it could not deliver it: the batch was
 * answered, and is failed. Pure; the Lua script `bounce` says the same.
 */
import type { Turn } from './conversation-state.ts'
import type { Ending } from './views.ts'

export interface Bounce {
  readonly part: number
  readonly reason: string
  readonly now: number
}

/**
 * What is kept of the batch then; null when it was not answered by the bot, or has no such part. Of
 * one that bounced before, a report on an earlier part has that one sent again as well.
 */
export function bounced(
  turn: Turn,
  ending: Ending,
  { part, reason, now }: Bounce,
): { readonly turn: Turn; readonly ending: Ending } | null {
  const parts = turn.parts.map((state, i) => (i < part ? state : ({ state: 'waiting' } as const)))
  if (ending.state === 'failed') {
    return ending.reason === reason ? { turn: { ...turn, parts }, ending } : null
  }
  // A reason has what was answered by a human, and reactions that nobody answers.
  if (ending.reason !== null || part >= turn.parts.length) return null
  return { turn: { ...turn, parts }, ending: { state: 'failed', reason, settledAt: now } }
}
