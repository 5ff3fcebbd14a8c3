/**
 * What a job carries: the data that workers of the original read, with additions. Our worker reads
 * the store; this is for those who look, and for code that was written for the original's queue.
 */
import type { Conversation, Message } from '../message.ts'
import type { MergedBatch } from './merge.ts'
import type { SealedTurn } from './store-turn.ts'

export function jobData(
  turn: SealedTurn,
  conversation: Conversation,
  { text, messages }: MergedBatch,
  nowMs: number,
): Record<string, unknown> {
  const first = messages[0]
  const last = messages.at(-1)
  return {
    from: conversation.peer,
    message: text,
    metadata: {
      timestamp: first ? timestampOf(first) : turn.firstAt,
      type: first?.type ?? 'chat',
      messageId: last?.id ?? null,
      originalWebhook: 'whatsapp-batched',
      isRapidFireBatch: true,
      batchSize: turn.payloads.length,
      batchTimeSpan: turn.lastAt - turn.firstAt,
      originalMessages: messages.map((message) => message.text),
      originalMessagesCount: messages.length,
      messageIds: messages.map((message) => message.id),
      batchId: turn.batchId,
    },
    companyId: conversation.tenant,
    platform: conversation.channel,
    timestamp: new Date(nowMs).toISOString(),
  }
}

function timestampOf(message: Message): number | string {
  return message.originalTimestamp ?? message.sentAt ?? message.receivedAt
}
