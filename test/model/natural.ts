/**
 * What the program itself would do next with a conversation. Without it a random sequence seldom
 * comes as far as the second part of an answer.
 */
import type { BatchStore } from '../../src/batching/store.ts'
import type { Settlement } from '../../src/batching/store-turn.ts'
import type { ConversationKey } from '../../src/message.ts'
import type { PlayedCommand } from './commands.ts'
import { DRAFT } from './commands.ts'

/** The next command by the state of the model; `settlement` ends the turn when all is sent. */
export async function naturalCommand(
  model: BatchStore,
  who: ConversationKey,
  settlement: Settlement,
  freshName: string,
): Promise<PlayedCommand> {
  const { open, turnId } = await model.conversation(who)
  const turn = turnId && (await model.batch(turnId))
  if (!turn) {
    if (!open)
      return { do: 'append', who, names: [freshName], idleMs: 500, quiet: false, album: [true] }
    const { open: due } = await model.due({ limit: 1000, soonMs: 0 })
    const isDue = due.some(({ batchId }) => batchId === open.batchId)
    return isDue ? { do: 'seal', who } : { do: 'retime', who, retime: { kind: 'flush' } }
  }
  if (turn.state === 'waiting') return { do: 'reclaim', who }
  if (turn.state !== 'running') return { do: 'begin', who, attemptBefore: false }
  const record = { do: 'record', who, epochBefore: false } as const
  if (!turn.draft) return { ...record, step: { kind: 'draft', parts: DRAFT, heard: null } }
  const index = turn.parts.findIndex(({ state }) => state !== 'sent' && state !== 'skipped')
  if (index < 0) return { do: 'settle', who, settlement, epochBefore: false }
  const isSending = turn.parts[index]?.state === 'sending'
  return {
    ...record,
    step: isSending
      ? { kind: 'sent', index, providerId: `p-${index}`, mark: null }
      : { kind: 'start', index, unlessNewer: false, mark: null },
  }
}
