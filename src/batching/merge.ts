/** Many messages, one turn: their order and their text. */
import type { Message } from '../message.ts'

export interface MergedBatch {
  /** The texts, joined; a message without text adds nothing, not even a separator. */
  readonly text: string
  /** All messages in the order in which they were written, those without text included. */
  readonly messages: readonly Message[]
}

/**
 * Provider times decide the order when all carry one: by the millisecond when all are that exact,
 * else by the second. Otherwise, and between equal times, the order of arrival stands.
 *
 * @param arrived messages in order of arrival
 */
export function merge(arrived: readonly Message[], separator: string): MergedBatch {
  const messages = inOrder(arrived)
  const text = messages
    .map((message) => message.text)
    .filter((part) => part !== '')
    .join(separator)
    .trim()
  return { text, messages }
}

function inOrder(arrived: readonly Message[]): readonly Message[] {
  const times = arrived.map((message) => message.sentAt)
  if (times.includes(null)) return arrived
  const unitMs = arrived.every((message) => message.sentAtExact) ? 1 : 1000
  const unitsOf = (message: Message): number => Math.floor((message.sentAt ?? 0) / unitMs)
  return arrived.toSorted((a, b) => unitsOf(a) - unitsOf(b))
}
