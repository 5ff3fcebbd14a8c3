/** Many messages, one turn: their order and their text. */
import type { Message } from '../message.ts'
import { isNamed } from './provider-ids.ts'

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
  const messages = withChanges(inOrder(arrived))
  const text = messages
    .map((message) => message.text)
    .filter((part) => part !== '')
    .join(separator)
    .trim()
  return { text, messages }
}

/**
 * What was edited or taken back while its message was already a turn is applied where both have come
 * together again; else the last change stays in the list as a message of its own.
 */
function withChanges(messages: readonly Message[]): readonly Message[] {
  if (!messages.some(({ changes }) => changes !== undefined)) return messages
  let result = [...messages]
  for (const [i, change] of messages.entries()) {
    const { changes, type } = change
    if (changes === undefined) continue
    // What an earlier edit said is no more, whether its message is here or was a turn before.
    const before = new Set(messages.slice(0, i))
    result = result.filter(
      (one) => one.changes === undefined || !before.has(one) || !isNamed(one.changes, changes),
    )
    const at = result.findIndex(
      (message) => message.changes === undefined && isNamed(message.id, changes),
    )
    const changed = result[at]
    if (!changed) continue
    if (type === 'edit') result[at] = { ...changed, text: change.text }
    result = result.filter(
      (message) => message !== change && (type === 'edit' || message !== changed),
    )
  }
  return result
}

function inOrder(arrived: readonly Message[]): readonly Message[] {
  const times = arrived.map((message) => message.sentAt)
  if (times.includes(null)) return arrived
  const unitMs = arrived.every((message) => message.sentAtExact) ? 1 : 1000
  const unitsOf = (message: Message): number => Math.floor((message.sentAt ?? 0) / unitMs)
  return arrived.toSorted((a, b) => unitsOf(a) - unitsOf(b))
}
