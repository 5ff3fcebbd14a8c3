/** Whether a message in a group is meant for our bot: named, commanded, or answered. Pure. */
import { at, idAt, listAt, numberAt, textAt } from '../read.ts'

/** As far as the settings tell who we are. */
export interface Bot {
  /** User name without `@`, in lower case. */
  readonly name: string | null
  /** What its token begins with. */
  readonly id: string | null
}

export const NOBODY: Bot = { name: null, id: null }

export function isMentioned(message: unknown, bot: Bot): boolean {
  if (isBot(at(message, 'reply_to_message', 'from'), bot)) return true
  const isText = textAt(message, 'text') !== undefined
  const text = textAt(message, isText ? 'text' : 'caption') ?? ''
  return listAt(message, isText ? 'entities' : 'caption_entities').some((entity) =>
    isNamed(entity, text, bot),
  )
}

/** Offsets count UTF-16 units, as strings here do. */
function isNamed(entity: unknown, text: string, bot: Bot): boolean {
  const type = textAt(entity, 'type')
  if (type === 'text_mention') return isBot(at(entity, 'user'), bot)
  if ((type !== 'mention' && type !== 'bot_command') || bot.name === null) return false
  const offset = numberAt(entity, 'offset') ?? 0
  const words = text.slice(offset, offset + (numberAt(entity, 'length') ?? 0)).toLowerCase()
  return words.slice(words.indexOf('@')) === `@${bot.name}`
}

function isBot(user: unknown, { name, id }: Bot): boolean {
  if (at(user, 'is_bot') !== true) return false
  if (id !== null && idAt(user, 'id') === id) return true
  return name !== null && textAt(user, 'username')?.toLowerCase() === name
}
