/** Which of a person's messages a human had before their eyes when they wrote. Pure. */
import type { Message } from '../message.ts'
import { PLAUSIBLE_FUTURE_MS as CLOCKS_DIFFER_MS } from '../message-time.ts'
import type { OwnMessage } from './own-message.ts'

/**
 * Whether the person's message was written before the human's. By the provider's times where both
 * have one, to the second unless both are more exact; else it was, since it came before, unless it
 * came long after the time that the human's bears.
 */
export function wasBefore(message: Message | null, own: OwnMessage): boolean {
  if (!message || own.sentAt === null) return true
  // Two clocks: what lies closer together than they may differ is judged by what came first.
  if (message.sentAt === null) return message.receivedAt - CLOCKS_DIFFER_MS <= own.sentAt
  const unitMs = message.sentAtExact && own.sentAtExact ? 1 : 1000
  return Math.floor(message.sentAt / unitMs) <= Math.floor(own.sentAt / unitMs)
}

/** How many messages from the head were, in order of arrival: one that was not is kept, and all behind it. */
export function leadingBefore(messages: readonly (Message | null)[], own: OwnMessage): number {
  const first = messages.findIndex((message) => !wasBefore(message, own))
  return first < 0 ? messages.length : first
}
