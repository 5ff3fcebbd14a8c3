/** Which of a person's messages a human had before their eyes when they wrote. Pure. */
import type { Message } from '../message.ts'
import type { OwnMessage } from './own-message.ts'

/**
 * Whether the person's message was written before the human's. By the provider's times where both
 * have one, to the second unless both are more exact; else it was, since it came before.
 */
export function wasBefore(message: Message | null, own: OwnMessage): boolean {
  if (!message || message.sentAt === null || own.sentAt === null) return true
  const unitMs = message.sentAtExact && own.sentAtExact ? 1 : 1000
  return Math.floor(message.sentAt / unitMs) <= Math.floor(own.sentAt / unitMs)
}

/** How many messages from the head were, in order of arrival: one that was not is kept, and all behind it. */
export function leadingBefore(messages: readonly (Message | null)[], own: OwnMessage): number {
  const first = messages.findIndex((message) => !wasBefore(message, own))
  return first < 0 ? messages.length : first
}
