/**
 * Where a message of our side belongs when its call names several addresses that nobody told to be
 * one person's: the one where something was said. It joins none of them: some bridges name ourselves
 * in it, and we would be everybody.
 */
import type { BatchStore } from '../batching/store.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import type { Conversation } from '../message.ts'

export interface SpokenInDeps {
  readonly store: Pick<BatchStore, 'resolve' | 'conversation' | 'history'>
  readonly keys: ConversationKeys
}

export async function spokenIn(
  who: Conversation,
  others: readonly string[],
  { store, keys }: SpokenInDeps,
): Promise<Conversation> {
  if (others.length === 0) return who
  const places = [who, ...others.map((peer) => ({ ...who, peer }))]
  const roots = await store.resolve(places.map((place) => keys.keyOf(place)))
  if (new Set(roots).size === 1) return who
  for (const [i, root] of roots.entries()) {
    const { open, turnId, hold } = await store.conversation(root)
    const isSpoken = open !== null || turnId !== null || hold !== null
    if (isSpoken || (await store.history(root)).length > 0) return places[i] ?? who
  }
  return who
}
