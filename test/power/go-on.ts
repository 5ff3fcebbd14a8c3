/** After the cut the store goes on: repeats are known as such, and new turns come to their end. */
import assert from 'node:assert/strict'
import { newBatchId } from '../../src/batching/batch-id.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import type { ConversationKey } from '../../src/message.ts'
import type { Books, Found } from './books.ts'
import { Ledger } from './ledger.ts'
import { conversationOf, messageOf } from './message.ts'
import { LIMITS } from './store.ts'
import { Talk } from './talk.ts'

/** Of the messages that are there, how many come again. */
const REPEATS = 100

export async function goOn(store: BatchStore, books: Books, found: Found, cut: number) {
  const ledger = new Ledger((lines) => books.read(lines))
  const again = (id: string) =>
    store.append({
      conversation: conversationOf(id),
      messages: [messageOf(id)],
      limits: LIMITS,
      newBatchId: newBatchId(),
    })
  // A sender that got no answer sends again, and nobody knows whether the first call came to pass.
  for (const id of books.unanswered()) {
    await ledger.keep([{ thing: `m:${id}`, state: 'kept' }], () => again(id))
  }
  for (const id of spreadOver([...found.keys()].filter((thing) => thing.startsWith('m:')))) {
    const result = await again(id.slice('m:'.length))
    assert.ok(result.outcome === 'appended')
    assert.equal(result.duplicates, 1, `${id} was forgotten: it was taken again`)
  }
  const phone = `79${String(cut).padStart(11, '0')}` as ConversationKey
  await new Talk({ store, ledger, random: Math.random }, phone).answerOne()
}

function spreadOver(things: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(things.length / REPEATS))
  return things.filter((_, index) => index % step === 0)
}
