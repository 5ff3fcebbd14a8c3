/** Which of our types a provider's word for it means. Pure. */
import { MESSAGE_TYPES, type MessageType } from './message.ts'

const ALIASES: ReadonlyMap<string, MessageType> = new Map<string, MessageType>([
  ...MESSAGE_TYPES.map((type) => [type, type] as const),
  ['text', 'chat'],
  ['conversation', 'chat'],
  ['extendedtext', 'chat'],
  ['picture', 'image'],
  ['photo', 'image'],
  ['gif', 'video'],
  ['ptv', 'video'],
  ['ptt', 'voice'],
  ['file', 'document'],
  ['live_location', 'location'],
  ['livelocation', 'location'],
  ['vcard', 'contact'],
  ['multi_vcard', 'contact'],
  ['contacts', 'contact'],
  ['contact_card', 'contact'],
  ['contact_card_multi', 'contact'],
  ['buttons', 'button'],
  ['buttons_response', 'button'],
  ['button_reply', 'button'],
  ['template_button_reply', 'button'],
  ['quick_reply', 'button'],
  ['list_response', 'list'],
  ['list_reply', 'list'],
])

/** Types whose text, if any, is a caption. */
export const MEDIA_TYPES: ReadonlySet<MessageType> = new Set([
  'image',
  'video',
  'voice',
  'audio',
  'document',
  'sticker',
])

/** A word that nobody knows is `unsupported`: such a message is kept, not refused. */
export function messageTypeOf(given: string): MessageType {
  const word = given.trim().toLowerCase()
  if (word === '') return 'chat'
  // Baileys names types after its protocol buffers: imageMessage, extendedTextMessage.
  return ALIASES.get(word) ?? ALIASES.get(word.replace(/_?message$/, '')) ?? 'unsupported'
}
