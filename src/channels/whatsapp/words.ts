/** What the words and numbers of WhatsApp Web mean in ours. Pure. */
import type { MessageType } from '../../message.ts'
import { messageTypeOf } from '../../message-type.ts'
import { numberAt } from '../read.ts'

/** What a chat shows between the messages: nobody said it. */
export const SYSTEM_TYPES: ReadonlySet<string> = new Set([
  'e2e_notification',
  'notification',
  'notification_template',
  'group_notification',
  'broadcast_notification',
  'gp2',
  'call_log',
  'protocol',
  'debug',
])

/** What an event of its own tells may not be taken for a type of message. */
const TOLD_OTHERWISE: ReadonlySet<MessageType> = new Set(['edit', 'revoke', 'reaction'])

export function typeOfWord(word: string): MessageType {
  const type = messageTypeOf(word)
  return TOLD_OTHERWISE.has(type) ? 'unsupported' : type
}

/** A voice message is Opus in Ogg; a sticker is WebP, into which photos are not turned. */
export function typeOfMime(mimeType: string | undefined): MessageType {
  const mime = (mimeType ?? '').toLowerCase()
  if (/^audio\/ogg\b.*\bopus\b/.test(mime)) return 'voice'
  if (mime.startsWith('image/webp')) return 'sticker'
  const kind = mime.split('/')[0]
  return kind === 'image' || kind === 'video' || kind === 'audio' ? kind : 'document'
}

export type Status = 'sent' | 'delivered' | 'read' | 'failed'

/** −1 error, 0 clock, 1 server, 2 phone, 3 read, 4 played; null where it tells nothing. */
export function statusOfAck(given: unknown): Status | null {
  const ack = numberAt(given)
  if (ack === undefined || ack === 0) return null
  if (ack < 0) return 'failed'
  return ack >= 3 ? 'read' : ack === 2 ? 'delivered' : ack === 1 ? 'sent' : null
}

/** State of somebody who writes; null where it is not about writing. */
export function typingOf(word: string): 'composing' | 'recording' | 'paused' | null {
  switch (word.toLowerCase()) {
    case 'composing':
    case 'typing':
      return 'composing'
    case 'recording':
    case 'recording_audio':
      return 'recording'
    case 'paused':
    case 'available':
    case 'unavailable':
      return 'paused'
    default:
      return null
  }
}
