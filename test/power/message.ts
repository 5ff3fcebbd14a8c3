/** Messages of this test: everything about one follows from its id, `<conversation>-<n>`. */
import { idHash } from '../../src/batching/message-id.ts'
import type { NewMessage } from '../../src/batching/store.ts'
import type { ConversationKey } from '../../src/message.ts'
import { IDLE_MS } from './store.ts'

const SENTENCE = 'Is the table by the window still free tonight? '

export function messageOf(id: string): NewMessage {
  return { idHash: idHash(id), payload: payloadOf(id), idleMs: IDLE_MS, quiet: false }
}

/** Of different lengths, as people write. */
export function payloadOf(id: string, edited = false): string {
  const text = SENTENCE.repeat(1 + (Number(id.split('-')[1]) % 6))
  return JSON.stringify({ id, edited, text })
}

export function conversationOf(id: string): ConversationKey {
  return id.slice(0, id.lastIndexOf('-')) as ConversationKey
}

/** What a payload says about its message: its name and state in the ledger. */
export function readPayload(payload: string): { id: string; state: 'kept' | 'edited' } {
  const { id, edited } = JSON.parse(payload) as { id: string; edited: boolean }
  return { id, state: edited ? 'edited' : 'kept' }
}
