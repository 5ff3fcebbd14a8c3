/** An update as if its person had written everything at once. Pure. */
import type { Merged } from '../channel.ts'
import { idAt, objectAt } from '../read.ts'

const WITH_CAPTION = ['photo', 'video', 'animation', 'document', 'audio', 'voice', 'live_photo']
const NAMES = ['message', 'business_message', 'edited_message', 'edited_business_message']

export function rebuild(original: unknown, { text, messageIds }: Merged): unknown {
  const update = structuredClone(objectAt(original)) as Record<string, unknown> | undefined
  if (update === undefined) return original
  if (messageIds.length > 1 && text !== '') pressAsMessage(update)
  const name = NAMES.find((known) => objectAt(update, known) !== undefined)
  const message = (name === undefined ? undefined : update[name]) as
    | Record<string, unknown>
    | undefined
  if (message !== undefined && text !== '') {
    const isCaption = WITH_CAPTION.some((field) => message[field] !== undefined)
    message[isCaption ? 'caption' : 'text'] = text
    // They point into the text as it was.
    delete message[isCaption ? 'caption_entities' : 'entities']
  }
  update.rapidFire = { messageIds }
  return update
}

/** A press has no words of its own; among others it is what was said last. */
function pressAsMessage(update: Record<string, unknown>): void {
  const press = objectAt(update, 'callback_query')
  const message = objectAt(press, 'message')
  if (press === undefined || message === undefined || idAt(message, 'message_id') === null) return
  const { message_id, date, chat } = message
  delete update.callback_query
  update.message = { message_id, from: press.from, chat, date }
}
