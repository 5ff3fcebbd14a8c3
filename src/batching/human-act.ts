/** Whether a conversation still is as the caller of a human act read it. */
import type { ConversationState } from './conversation-state.ts'
import type { HumanAct } from './store-holds.ts'

export function isAsRead({ turn, open }: HumanAct, state: ConversationState): boolean {
  const turnId = state.turn?.id ?? null
  return turnId === (turn?.batchId ?? null) && (state.open?.id ?? null) === open
}
