/**
 * Messages of our own side in our own format: `{to, message, messageId?, timestamp?}`, or several as
 * `{messages: [{to, body, …}], companyId?}`. What is right is read as in a person's message. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import { pastTime } from '../../message-time.ts'
import type { OwnMessage } from '../../takeover/own-message.ts'
import { field, isPlainObject } from './json.ts'
import { type ParseContext, type Parsed, parseCall } from './message.ts'

export interface ParsedOwn extends Omit<Parsed, 'messages'> {
  readonly messages: readonly OwnMessage[]
}

/** Throws what `parseCall` throws. */
export function parseOwn(body: unknown, context: ParseContext): ParsedOwn {
  const list = field(body, 'messages')
  if (!Array.isArray(list) && !isPlainObject(body)) {
    throw new RapidFireError('invalid_format', 'Invalid request format')
  }
  const turned = Array.isArray(list)
    ? { companyId: field(body, 'companyId'), messages: list.map(asPersons) }
    : { messages: [asPersons(body)], companyId: field(body, 'companyId') }
  const { messages, indexes, rejected } = parseCall(turned, context)
  return {
    messages: messages.map(({ conversation, id, text, type, originalTimestamp }) => {
      const { ms, exact } = pastTime(originalTimestamp, context.nowMs)
      return {
        conversation,
        id,
        text,
        isReaction: type === 'reaction',
        sentAt: ms,
        sentAtExact: exact,
      }
    }),
    indexes,
    rejected: rejected.map((one) => (one.field === 'from' ? { ...one, field: 'to' } : one)),
  }
}

/** The person is whom it was written to; that it is from us is known. */
function asPersons(item: unknown): unknown {
  if (!isPlainObject(item)) return item
  const { to, fromMe: _, ...rest } = item
  return { ...rest, from: to }
}
