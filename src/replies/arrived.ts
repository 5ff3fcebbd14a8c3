/**
 * What a provider tells of a part that it has, past the worker that sends it: in a status that bears
 * our id, or as the echo of a message of our side. Where the part is still on the wire it is sent from
 * then on, so that nobody sends it again; of any other part nothing is changed.
 *
 * An echo bears no id of ours, so it is known by its text: said once in this answer, and told of no
 * time before the part was started.
 */
import type { BatchStore } from '../batching/store.ts'
import type { PartState } from '../batching/store-turn.ts'
import { isSince, type When } from '../channels/same-message.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import { idMark, ownIdHash, textHash, textOf } from './marks.ts'

export interface ArrivedDeps {
  readonly store: Pick<BatchStore, 'batch' | 'conversation' | 'marked' | 'arrive'>
  readonly events: Events
}

/** `isOurs`: whether the conversation is one of the account that tells. */
export async function arrivedByStatus(
  part: { readonly batchId: BatchId; readonly index: number },
  told: When & { readonly id: string },
  isOurs: (conversation: ConversationKey) => boolean,
  { store, events }: ArrivedDeps,
): Promise<void> {
  const { batchId, index } = part
  const view = await store.batch(batchId)
  const state = view?.parts[index]
  if (!view || state?.state !== 'sending' || !isOurs(view.conversation)) return
  if (!isSince(told, state.startedAt)) return
  const { conversation } = view
  const { startedAt } = state
  const mark = idMark(told.id)
  const arrival = { conversation, batchId, index, startedAt, providerId: told.id, mark }
  if ((await store.arrive(arrival)) !== 'done') return
  events.emit('part.arrived', { conversation, batchId, index, by: 'status' })
}

/** What our side wrote, as it came back. */
interface Echo {
  readonly id: string
  readonly text: string
  readonly sentAt: number | null
  readonly sentAtExact: boolean
}

export async function arrivedByEcho(
  own: Echo,
  asked: ConversationKey,
  { store, events }: ArrivedDeps,
): Promise<void> {
  const { turnId } = await store.conversation(asked)
  const view = turnId && (await store.batch(turnId))
  if (!view?.draft) return
  const hash = textHash(own.text)
  const said = view.draft.map((part) => textHash(textOf(part)) === hash)
  const index = view.parts.findIndex(({ state }, i) => state === 'sending' && said[i])
  const part = view.parts[index]
  if (part?.state !== 'sending') return
  if (view.parts.some((other, i) => i !== index && said[i] && mayBe(other, own.id))) return
  // Of an earlier answer that said the same.
  const [isKnown] = await store.marked(asked, [ownIdHash(own.id)])
  if (isKnown) return
  const { startedAt } = part
  if (!isSince({ at: own.sentAt, exact: own.sentAtExact }, startedAt)) return
  const { batchId, conversation } = view
  const mark = idMark(own.id)
  const arrival = { conversation, batchId, index, startedAt, providerId: own.id, mark }
  if ((await store.arrive(arrival)) !== 'done') return
  events.emit('part.arrived', { conversation, batchId, index, by: 'echo' })
}

/** Whether an echo of this id may be of another part that says the same. */
function mayBe(part: PartState, id: string): boolean {
  if (part.state === 'sent') return part.providerId === '' || part.providerId === id
  return part.state === 'skipped'
}
