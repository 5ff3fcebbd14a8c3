/**
 * Where an answer goes: a chat, of a business account in the name of that account. Pure.
 *
 *   700000001   700000001@<business connection>
 */
import { idAt, textAt } from '../read.ts'

export interface ChatAddress {
  /** A number where it is one. */
  readonly chat_id: number | string
  readonly business_connection_id?: string
}

/** Id of the chat as a peer; null where there is none. */
export function chatOf(message: unknown): string | null {
  const id = idAt(message, 'chat', 'id')
  return id !== null && /^-?\d{1,20}$/.test(id) ? id : null
}

export function addressOf(chat: string, message: unknown): string {
  const connection = textAt(message, 'business_connection_id')
  return connection === undefined ? chat : `${chat}@${connection}`
}

export function readAddress(address: string): ChatAddress {
  const [, chat = address, connection] = /^(-?\d+)@(.+)$/.exec(address) ?? []
  const number = Number(chat)
  const isNumber = /^-?\d+$/.test(chat) && Number.isSafeInteger(number)
  return {
    chat_id: isNumber ? number : chat,
    ...(connection !== undefined && { business_connection_id: connection }),
  }
}
