/**
 * What people write, made before the clock runs: bursts of a few messages, as a bridge delivers
 * them and the batcher hands them to the store. A seed brings the same ones back.
 */
import { newBatchId } from '../../src/batching/batch-id.ts'
import { toElement } from '../../src/batching/element.ts'
import { idHash } from '../../src/batching/message-id.ts'
import type { Append } from '../../src/batching/store.ts'
import { ConversationKeys } from '../../src/conversation-key.ts'
import type { ConversationKey } from '../../src/message.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { LIMITS } from './stores.ts'

const WORDS = 'Привет можно записаться на стрижку завтра в пять или позже спасибо'.split(' ')

export interface Writing {
  readonly perConversation?: number
  /** Number of the first conversation. */
  readonly from?: number
  readonly idleMs?: number
  readonly seed?: number
}

export const keys = new ConversationKeys('default')

export const phoneOf = (n: number): ConversationKey => String(79_000_000_000 + n) as ConversationKey

/** One message a call, all of a conversation one after the other. */
export function appendsOf(
  count: number,
  { perConversation = 3, from = 0, idleMs = 10_000, seed = 1 }: Writing = {},
): Append[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, n) =>
    appendTo(phoneOf(from + Math.floor(n / perConversation)), { n, idleMs, random }),
  )
}

export interface Bursts {
  readonly firstPerson: number
  readonly people: number
  /** Messages of one person; the last of them fills the batch, so that it is due. */
  readonly each: number
}

export function fullBursts({ firstPerson, people, each }: Bursts): Append[] {
  const writing = { perConversation: each, from: firstPerson }
  const limits = { ...LIMITS, maxSize: each }
  return appendsOf(people * each, writing).map((append) => ({ ...append, limits }))
}

export interface OneMessage {
  /** Which one of all: its id is made of it. */
  readonly n: number
  readonly idleMs: number
  readonly random: () => number
  readonly text?: string
}

export function appendTo(
  conversation: ConversationKey,
  { n, idleMs, random, text = textBy(random) }: OneMessage,
): Append {
  const id = `false_${conversation}@c.us_3EB0${n.toString(16).toUpperCase().padStart(16, '0')}`
  return appendOf(conversation, { id, idleMs, text })
}

export function appendOf(
  conversation: ConversationKey,
  { id, idleMs, text }: { readonly id: string; readonly idleMs: number; readonly text: string },
): Append {
  return {
    conversation,
    limits: LIMITS,
    newBatchId: newBatchId(),
    messages: [
      { idHash: idHash(id), payload: elementOf(conversation, id, text), idleMs, quiet: false },
    ],
  }
}

function textBy(random: () => number): string {
  return WORDS.slice(0, 1 + Math.floor(random() * WORDS.length)).join(' ')
}

function elementOf(key: ConversationKey, id: string, text: string): string {
  const now = Date.now()
  const conversation = keys.parse(key)
  return toElement({
    conversation,
    id,
    address: `${conversation.peer}@c.us`,
    type: 'chat',
    text,
    sentAt: Math.floor(now / 1000) * 1000,
    sentAtExact: false,
    receivedAt: now,
    originalTimestamp: Math.floor(now / 1000),
  })
}

export function payloadBytes(appends: readonly Append[]): number {
  let bytes = 0
  for (const { messages } of appends) {
    for (const { payload } of messages) bytes += Buffer.byteLength(payload)
  }
  return bytes
}
