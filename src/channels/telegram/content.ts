/** What one message of Telegram says: its text or caption, its file, place or card. Pure. */
import type { Contact, GeoPoint, MessageType } from '../../message.ts'
import { at, defined, idAt, type Json, listAt, numberAt, objectAt, textAt } from '../read.ts'
import type { ToldMedia, ToldMessage } from '../told.ts'

export type Content = Pick<ToldMessage, 'type' | 'text'> &
  Partial<Pick<ToldMessage, 'media' | 'payload' | 'location' | 'contacts'>>

/** In this order, since an animation comes with a document, and a live photo with a photo. */
const FILES: readonly (readonly [string, MessageType])[] = [
  ['animation', 'video'],
  ['live_photo', 'image'],
  ['photo', 'image'],
  ['voice', 'voice'],
  ['audio', 'audio'],
  ['video', 'video'],
  ['video_note', 'video'],
  ['sticker', 'sticker'],
  ['document', 'document'],
]

const UNSUPPORTED: Content = { type: 'unsupported', text: '' }

export function contentOf(message: unknown): Content {
  const text = textAt(message, 'text')
  if (text !== undefined) return { type: 'chat', text }
  const caption = textAt(message, 'caption') ?? ''
  for (const [field, type] of FILES) {
    const file = at(message, field)
    if (file === undefined || file === null) continue
    return { type, text: caption, media: mediaOf(field, file) }
  }
  return placeOf(message) ?? cardOf(message) ?? pressOf(message) ?? oddOf(message, caption)
}

function mediaOf(field: string, file: unknown): ToldMedia {
  const own = Array.isArray(file) ? largestOf(file) : file
  const still = field === 'live_photo' ? largestOf(listAt(file, 'photo')) : undefined
  return defined({
    mediaId: textAt(still, 'file_id') ?? textAt(own, 'file_id'),
    mimeType: textAt(own, 'mime_type'),
    fileName: textAt(own, 'file_name'),
  }) as ToldMedia
}

/** Sizes come from small to large, but nobody promises that. */
function largestOf(sizes: readonly unknown[]): unknown {
  const areaOf = (size: unknown): number =>
    (numberAt(size, 'width') ?? 0) * (numberAt(size, 'height') ?? 0)
  return sizes.reduce<unknown>(
    (largest, size) => (areaOf(size) >= areaOf(largest) ? size : largest),
    undefined,
  )
}

/** A venue has a location beside it, and says more. */
function placeOf(message: unknown): Content | undefined {
  const venue = objectAt(message, 'venue')
  const place = objectAt(venue, 'location') ?? objectAt(message, 'location')
  const latitude = numberAt(place, 'latitude')
  const longitude = numberAt(place, 'longitude')
  if (latitude === undefined || longitude === undefined) return undefined
  const words = defined({ name: textAt(venue, 'title'), address: textAt(venue, 'address') })
  const location: GeoPoint = { latitude, longitude, ...words }
  return { type: 'location', text: '', location }
}

function cardOf(message: unknown): Content | undefined {
  const card = objectAt(message, 'contact')
  if (card === undefined) return undefined
  const phone = idAt(card, 'phone_number')?.replace(/\D/g, '')
  const contact: Contact = { name: nameOf(card), ...defined({ phone: phone || undefined }) }
  return { type: 'contact', text: '', contacts: [contact] }
}

/** What a form of ours (a web app) sends back. */
function pressOf(message: unknown): Content | undefined {
  const form = objectAt(message, 'web_app_data')
  if (form === undefined) return undefined
  const payload = textAt(form, 'data')
  return { type: 'button', text: textAt(form, 'button_text') ?? '', ...defined({ payload }) }
}

/** A poll has words, though no type of ours; a die is an emoji that moves. */
function oddOf(message: unknown, caption: string): Content {
  const poll = objectAt(message, 'poll')
  if (poll !== undefined) return { type: 'unsupported', text: textAt(poll, 'question') ?? '' }
  const dice = textAt(message, 'dice', 'emoji')
  if (dice !== undefined) return { type: 'chat', text: dice }
  return { ...UNSUPPORTED, text: caption }
}

/** First and last name, else the user name; '' when there is none. */
export function nameOf(person: Json | undefined): string {
  const words = [textAt(person, 'first_name'), textAt(person, 'last_name')].filter((word) => word)
  return words.join(' ') || (textAt(person, 'username') ?? '')
}

/** What Telegram itself tells in a chat: who came, went, pinned, paid. Nobody said it. */
const SERVICE =
  /^(?:new_chat_(?:members|title|photo)|left_chat_member|delete_chat_photo|(?:super)?group_chat_created|channel_chat_created|message_auto_delete_timer_changed|migrate_(?:to|from)_chat_id|pinned_message|(?:successful|refunded)_payment|connected_website|write_access_allowed|proximity_alert_triggered|boost_added|chat_(?:background_set|owner_left|owner_changed)|(?:general_)?forum_topic_\w+|video_chat_\w+|giveaway(?:_\w+)?|checklist_tasks_\w+|suggested_post_\w+|poll_option_\w+|community_chat_\w+|managed_bot_created|gift_upgrade_sent|(?:paid|direct)_message_price_changed)$/

export const isService = (message: Json): boolean =>
  Object.keys(message).some((field) => SERVICE.test(field))
