/** What is due, found by looking at every conversation: slow, and plain to see. */
import type { ConversationState } from '../../src/batching/conversation-state.ts'
import { wakeAt } from '../../src/batching/conversation-state.ts'
import type { Due, DueConversation, StoreTimes } from '../../src/batching/store.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'

export function dueOf(
  states: readonly (readonly [ConversationKey, ConversationState])[],
  now: number,
  { limit, soonMs }: { limit: number; soonMs: number },
  { openHorizonMs, turnHorizonMs }: StoreTimes,
): Due {
  const opens: (DueConversation & { held: boolean })[] = []
  const turns: { id: BatchId; at: number; honest: boolean }[] = []
  for (const [conversation, state] of states) {
    const at = wakeAt(state, now)
    if (state.open && at !== null && at !== Number.POSITIVE_INFINITY) {
      const held = state.holdUntil > now
      opens.push({ conversation, batchId: state.open.id, dueAt: at, held })
    }
    if (state.turn) {
      const { id, wakeAt } = state.turn
      turns.push({ id, at: wakeAt, honest: wakeAt <= now + turnHorizonMs })
    }
  }
  opens.sort((a, b) => a.dueAt - b.dueAt)
  turns.sort((a, b) => a.at - b.at)
  const dueOpen = opens.filter(
    ({ dueAt, held }) => dueAt <= now || (dueAt > now + openHorizonMs && !held),
  )
  const dueTurns = turns.filter(({ at, honest }) => at <= now || !honest)
  const soon = opens.filter(({ dueAt, held }) => !held && dueAt > now && dueAt <= now + soonMs)
  const isPageFull = dueOpen.length >= limit || dueTurns.length >= limit
  const times = [...opens.map(({ dueAt }) => dueAt), ...turns.map(({ at }) => at)]
  const later = times.filter((at) => at > now)
  const shown = ({ conversation, batchId, dueAt }: DueConversation) => ({
    conversation,
    batchId,
    dueAt,
  })
  return {
    now,
    open: dueOpen.slice(0, limit).map(shown),
    turns: dueTurns.slice(0, limit).map(({ id }) => id),
    soon: soon.slice(0, 100).map(shown),
    nextAt: isPageFull ? now : later.length === 0 ? null : Math.min(...later),
  }
}
