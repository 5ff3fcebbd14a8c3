/**
 * Updates of a Telegram bot: an id, and one thing that happened.
 *
 *   message, business_message           → message, or own where the business itself wrote it
 *   edited_…                            → edit: the same id, the text as it is now
 *   callback_query                      → message: a button that was pressed
 *   deleted_business_messages           → revoke, one for each
 *   message_reaction, everything else   → ignored
 *
 * Ids of chats may be negative and exceed 32 bits; ids of messages are unique in a chat alone. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import { at, defined, idAt, type Json, listAt, objectAt, textAt } from '../read.ts'
import type { Told, ToldMessage, ToldPlace } from '../told.ts'
import { addressOf, chatOf } from './address.ts'
import { contentOf, isService, nameOf } from './content.ts'
import { type Bot, isMentioned } from './mentioned.ts'

export interface TelegramReading {
  readonly keepOriginal: boolean
  readonly bot: Bot
}

const MESSAGES = ['message', 'business_message'] as const
const EDITS = ['edited_message', 'edited_business_message'] as const
const CHAT: Told = { kind: 'malformed', field: 'chat.id', allowed: 'a whole number' }

export function parseTelegram(body: unknown, reading: TelegramReading): readonly Told[] {
  const update = objectAt(body)
  if (update === undefined) {
    throw new RapidFireError('invalid_format', 'An update of Telegram is an object')
  }
  for (const name of MESSAGES) {
    const message = objectAt(update, name)
    if (message) return [messageOf(update, message, reading)]
  }
  for (const name of EDITS) {
    const message = objectAt(update, name)
    if (message) return [editOf(messageOf(update, message, reading), message)]
  }
  const press = objectAt(update, 'callback_query')
  if (press) return [pressOf(update, press, reading)]
  const deleted = objectAt(update, 'deleted_business_messages')
  if (deleted) return deletedOf(deleted)
  const reaction = objectAt(update, 'message_reaction')
  if (reaction) return [reactionOf(reaction)]
  if (idAt(update, 'update_id') === null) {
    throw new RapidFireError('missing_fields', 'An update of Telegram has an update_id')
  }
  return [{ kind: 'ignored', reason: 'event', account: null }]
}

const isGroup = (message: unknown, chat: string): boolean =>
  chat.startsWith('-') || /group$/.test(textAt(message, 'chat', 'type') ?? '')

function placeOf(message: Json, chat: string, bot: Bot): ToldPlace {
  const place = { peer: chat, address: addressOf(chat, message), account: null }
  if (!isGroup(message, chat)) return place
  const author = idAt(message, 'from', 'id') ?? idAt(message, 'sender_chat', 'id') ?? chat
  return { ...place, author, mentioned: isMentioned(message, bot) }
}

function messageOf(update: Json, message: Json, { keepOriginal, bot }: TelegramReading): Told {
  const chat = chatOf(message)
  if (chat === null) return CHAT
  const name = nameOf(objectAt(message, 'from'))
  const told: ToldMessage = {
    ...placeOf(message, chat, bot),
    id: idAt(message, 'message_id'),
    time: at(message, 'date'),
    ...contentOf(message),
    ...defined({
      name: name === '' ? undefined : name,
      quoted: quotedOf(message),
      original: keepOriginal ? update : undefined,
    }),
  }
  if (isService(message)) return { kind: 'ignored', reason: 'system', ...told }
  if (isOwn(message, chat)) return { kind: 'own', ...told, isReaction: false }
  // Another bot, or what a channel posts into its group by itself.
  const isMade =
    at(message, 'from', 'is_bot') === true || at(message, 'is_automatic_forward') === true
  if (isMade || textAt(message, 'chat', 'type') === 'channel') {
    return { kind: 'ignored', reason: 'event', ...told }
  }
  return { kind: 'message', ...told }
}

/** In a chat of a business the chat is the customer, so whoever else writes in it is the business. */
function isOwn(message: Json, chat: string): boolean {
  if (textAt(message, 'business_connection_id') === undefined) return false
  if (objectAt(message, 'sender_business_bot') !== undefined) return true
  const from = idAt(message, 'from', 'id')
  return from !== null && from !== chat
}

function editOf(told: Told, message: Json): Told {
  if (told.kind !== 'message') return told
  if (told.id === null) return { kind: 'malformed', field: 'message_id', allowed: 'a whole number' }
  // Somebody who shares where they are moves on every few seconds, for hours.
  if (objectAt(message, 'location')) return { ...told, kind: 'ignored', reason: 'event' }
  return { ...told, kind: 'edit', of: told.id }
}

/** Topics of a forum quote the message that opened them, which nobody meant. */
function quotedOf(message: Json): ToldMessage['quoted'] | undefined {
  const other = objectAt(message, 'reply_to_message')
  const answered = other?.forum_topic_created === undefined ? other : undefined
  const text =
    textAt(message, 'quote', 'text') ?? textAt(answered, 'text') ?? textAt(answered, 'caption')
  const quoted = defined({ id: idAt(answered, 'message_id') ?? undefined, text })
  return Object.keys(quoted).length === 0 ? undefined : quoted
}

/** It names the message whose button it was; one that was sent inline is in a chat that we do not see. */
function pressOf(update: Json, press: Json, { keepOriginal }: TelegramReading): Told {
  const from = idAt(press, 'from', 'id')
  const message = objectAt(press, 'message')
  const chat = message === undefined ? chatOf({ chat: { id: from } }) : chatOf(message)
  const id = idAt(press, 'id')
  if (chat === null) return CHAT
  if (id === null) return { kind: 'malformed', field: 'callback_query.id', allowed: 'a text' }
  const payload = textAt(press, 'data')
  const name = nameOf(objectAt(press, 'from'))
  const quoted = quotedOf({ reply_to_message: message })
  return {
    kind: 'message',
    peer: chat,
    address: addressOf(chat, message),
    account: null,
    ...(isGroup(message, chat) && { author: from ?? chat, mentioned: true }),
    id,
    // The time of the message with the button would be one of long ago.
    time: null,
    type: 'button',
    text: titleOf(message, payload),
    ...defined({
      payload: payload ?? textAt(press, 'game_short_name'),
      name: name === '' ? undefined : name,
      quoted,
      original: keepOriginal ? update : undefined,
    }),
  }
}

function titleOf(message: Json | undefined, payload: string | undefined): string {
  const buttons = listAt(message, 'reply_markup', 'inline_keyboard').flat()
  const pressed = buttons.find(
    (button) => payload !== undefined && textAt(button, 'callback_data') === payload,
  )
  return textAt(pressed, 'text') ?? ''
}

function deletedOf(deleted: Json): readonly Told[] {
  const chat = chatOf(deleted)
  if (chat === null) return [CHAT]
  const place = { peer: chat, address: addressOf(chat, deleted), account: null }
  return listAt(deleted, 'message_ids').map((_, index): Told => {
    const of = idAt(deleted, 'message_ids', index)
    if (of === null) return { kind: 'malformed', field: 'message_ids', allowed: 'whole numbers' }
    return { kind: 'revoke', of, ...place, id: null, time: null }
  })
}

function reactionOf(reaction: Json): Told {
  const chat = chatOf(reaction)
  if (chat === null) return CHAT
  const author = idAt(reaction, 'user', 'id') ?? idAt(reaction, 'actor_chat', 'id') ?? chat
  return {
    kind: 'ignored',
    reason: 'reaction',
    peer: chat,
    address: addressOf(chat, reaction),
    account: null,
    ...(isGroup(reaction, chat) && { author, mentioned: false }),
    id: idAt(reaction, 'message_id'),
    time: at(reaction, 'date'),
    type: 'reaction',
    text: textAt(reaction, 'new_reaction', 0, 'emoji') ?? '',
  }
}
