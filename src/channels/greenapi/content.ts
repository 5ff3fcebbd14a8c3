/** What `messageData` of Green-API says: text, file, place, card, or what was chosen. Pure. */
import type { Contact, GeoPoint, MessageType } from '../../message.ts'
import { at, defined, firstTextOf, listAt, numberAt, objectAt, textAt } from '../read.ts'
import type { ToldMedia, ToldMessage } from '../told.ts'

export type Content = Pick<ToldMessage, 'type' | 'text'> &
  Partial<Pick<ToldMessage, 'media' | 'payload' | 'location' | 'contacts'>>

const FILES: ReadonlyMap<string, MessageType> = new Map([
  ['imageMessage', 'image'],
  ['videoMessage', 'video'],
  ['audioMessage', 'audio'],
  ['voiceMessage', 'voice'],
  ['documentMessage', 'document'],
  ['stickerMessage', 'sticker'],
])

/** What was chosen, by the names that its object has had. */
const TITLES = ['selectedDisplayText', 'selectedButtonText', 'displayText', 'buttonText', 'title']
const CHOICES = ['selectedId', 'selectedButtonId', 'selectedRowId', 'singleSelectReply', 'buttonId']
const UNSUPPORTED: Content = { type: 'unsupported', text: '' }

export function contentOf(data: unknown): Content {
  const type = textAt(data, 'typeMessage') ?? ''
  const file = FILES.get(type)
  if (file !== undefined) return fileOf(data, file)
  switch (type) {
    case 'textMessage':
    case 'extendedTextMessage':
    case 'quotedMessage':
      return { type: 'chat', text: wordsOf(data) ?? '' }
    case 'reactionMessage':
      return { type: 'reaction', text: textAt(data, 'extendedTextMessageData', 'text') ?? '' }
    case 'editedMessage': {
      const edited = at(data, 'editedMessageData')
      return { type: 'chat', text: firstTextOf(edited, ['textMessage', 'caption']) ?? '' }
    }
    case 'locationMessage':
      return locationOf(data)
    case 'contactMessage':
      return cardsOf([at(data, 'contactMessageData')])
    case 'contactsArrayMessage':
      return cardsOf(cardsIn(data))
    case 'pollMessage':
      return { ...UNSUPPORTED, text: textAt(data, 'pollMessageData', 'name') ?? '' }
    default:
      return chosenOf(data, type) ?? UNSUPPORTED
  }
}

function wordsOf(data: unknown): string | undefined {
  return (
    textAt(data, 'extendedTextMessageData', 'text') ??
    textAt(data, 'textMessageData', 'textMessage')
  )
}

function fileOf(data: unknown, named: MessageType): Content {
  const file = at(data, 'fileMessageData')
  const mimeType = textAt(file, 'mimeType')
  // Only a voice message is Opus; music is sent as it is.
  const isVoice = named === 'audio' && /^audio\/ogg|opus/i.test(mimeType ?? '')
  const media = { url: textAt(file, 'downloadUrl'), mimeType, fileName: textAt(file, 'fileName') }
  return {
    type: isVoice ? 'voice' : named,
    text: textAt(file, 'caption') ?? '',
    media: defined(media) as ToldMedia,
  }
}

function locationOf(data: unknown): Content {
  const place = at(data, 'locationMessageData')
  const latitude = numberAt(place, 'latitude')
  const longitude = numberAt(place, 'longitude')
  if (latitude === undefined || longitude === undefined) return UNSUPPORTED
  const words = defined({ name: textAt(place, 'nameLocation'), address: textAt(place, 'address') })
  const location: GeoPoint = { latitude, longitude, ...words }
  return { type: 'location', text: '', location }
}

/** The list has stood in several places. */
function cardsIn(data: unknown): readonly unknown[] {
  const places = [['messageData'], ['contactsArrayMessageData'], []]
  return (
    places.map((path) => listAt(data, ...path, 'contacts')).find((list) => list.length > 0) ?? []
  )
}

function cardsOf(cards: readonly unknown[]): Content {
  return { type: 'contact', text: '', contacts: cards.map(cardOf) }
}

/** `…;waid=79001234567:+7 900 123-45-67`: WhatsApp's own number goes before what somebody typed. */
function cardOf(card: unknown): Contact {
  const vcard = textAt(card, 'vcard') ?? ''
  const written = /^(?:item\d+\.)?TEL[^:\n]*:([^\r\n]*)/im.exec(vcard)?.[1]?.replace(/\D/g, '')
  const phone = /waid=(\d+)/.exec(vcard)?.[1] ?? (written || undefined)
  const name = textAt(card, 'displayName') ?? /^FN:([^\r\n]*)/im.exec(vcard)?.[1]
  return { name: name ?? '', ...defined({ phone }) }
}

/** Its object is called as the type is, but for the one whose documentation says otherwise. */
function objectOf(data: unknown, type: string) {
  return objectAt(data, type) ?? objectAt(data, 'templateButtonReplyMessage')
}

function chosenOf(data: unknown, type: string): Content | undefined {
  const own = objectOf(data, type)
  const payload = firstTextOf(own, CHOICES)
  const title = firstTextOf(own, TITLES)
  const isChoice = /(?:response|reply)/i.test(type)
  if (isChoice && (payload !== undefined || title !== undefined)) {
    const kind = /list/i.test(type) ? 'list' : 'button'
    return { type: kind, text: title ?? '', ...defined({ payload }) }
  }
  // Buttons or a list that somebody sent to us: what they say above them.
  const said = firstTextOf(own, ['contentText', 'body'])
  return said === undefined ? undefined : { type: 'chat', text: said }
}

/** Id of the message that a choice belongs to. */
export function chosenFrom(data: unknown): string | undefined {
  return textAt(objectOf(data, textAt(data, 'typeMessage') ?? ''), 'stanzaId')
}

/** What of a quoted message can be told in words. */
export function quotedText(quoted: unknown): string | undefined {
  return (
    firstTextOf(quoted, ['textMessage', 'caption', 'contentText']) ??
    textAt(quoted, 'textMessageData', 'textMessage') ??
    textAt(quoted, 'extendedTextMessage', 'text') ??
    textAt(quoted, 'extendedTextMessageData', 'text') ??
    textAt(quoted, 'fileMessageData', 'caption')
  )
}
