/**
 * The order of an array is what its sender means, whatever the times say. Pure. So times never run
 * backwards within a call: each conversation keeps the greatest so far. How old a message is was
 * judged before, by the time that it was written at.
 */
import type { Message } from '../message.ts'

/** The messages of one conversation, in the order of their call. */
export function inArrayOrder(messages: readonly Message[]): Message[] {
  let latest: Message | null = null
  return messages.map((message) => {
    if (message.sentAt === null) return message
    const placed: Message =
      latest && (latest.sentAt ?? 0) > message.sentAt
        ? { ...message, sentAt: latest.sentAt, sentAtExact: latest.sentAtExact }
        : message
    latest = placed
    return placed
  })
}
