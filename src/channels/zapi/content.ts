/** What a received message of Z-API says, by the object that is there. Pure. */
import type { Contact } from '../../message.ts'
import { at, defined, type Json, listAt, numberAt, objectAt, textAt } from '../read.ts'
import type { ToldMedia } from '../told.ts'
import { type Content, UNSUPPORTED } from '../whatsapp/telling.ts'
import { contactOf } from '../whatsapp/vcard.ts'
import { typeOfMime } from '../whatsapp/words.ts'

type Reader = (own: Json) => Content

const file =
  (type: 'image' | 'video' | 'document' | 'sticker', url: string): Reader =>
  (own) => ({ type, text: textAt(own, 'caption') ?? '', media: mediaOf(own, url) })

/** The first that is there counts: a text beside a file is a preview or an advertisement. */
const READERS: readonly (readonly [string, Reader])[] = [
  ['reaction', (own) => ({ type: 'reaction', text: textAt(own, 'value') ?? '' })],
  ['image', file('image', 'imageUrl')],
  ['video', file('video', 'videoUrl')],
  ['ptv', file('video', 'ptvUrl')],
  ['audio', audioOf],
  ['document', file('document', 'documentUrl')],
  ['sticker', file('sticker', 'stickerUrl')],
  ['location', locationOf],
  ['contact', (own) => ({ type: 'contact', text: '', contacts: [cardOf(own)] })],
  ['buttonsResponseMessage', buttonOf],
  ['buttonReply', buttonOf],
  ['listResponseMessage', listReplyOf],
  ['order', orderOf],
  ['text', (own) => ({ type: 'chat', text: textAt(own, 'message') ?? '' })],
]

export function contentOf(body: Json): Content {
  const contacts = listAt(body, 'contacts')
  if (contacts.length > 0) {
    return { type: 'contact', text: '', contacts: contacts.slice(0, 100).map(cardOf) }
  }
  for (const [name, read] of READERS) {
    const own = objectAt(body, name)
    if (own !== undefined) return read(own)
  }
  return UNSUPPORTED
}

function mediaOf(own: Json, url: string): ToldMedia {
  return defined({
    url: textAt(own, url),
    mimeType: textAt(own, 'mimeType'),
    fileName: textAt(own, 'fileName'),
  })
}

/** A voice message says so by `ptt`, or where that is left out by its codec. */
function audioOf(own: Json): Content {
  const ptt = at(own, 'ptt')
  const isVoice = typeof ptt === 'boolean' ? ptt : typeOfMime(textAt(own, 'mimeType')) === 'voice'
  return { type: isVoice ? 'voice' : 'audio', text: '', media: mediaOf(own, 'audioUrl') }
}

function locationOf(own: Json): Content {
  const latitude = numberAt(own, 'latitude')
  const longitude = numberAt(own, 'longitude')
  if (latitude === undefined || longitude === undefined) return UNSUPPORTED
  const words = defined({ name: textAt(own, 'name'), address: textAt(own, 'address') })
  return { type: 'location', text: '', location: { latitude, longitude, ...words } }
}

function cardOf(own: unknown): Contact {
  const card = contactOf(textAt(own, 'vCard') ?? '')
  const phone = textAt(own, 'phones', 0)?.replace(/\D/g, '') || card.phone
  return { name: textAt(own, 'displayName') ?? card.name, ...defined({ phone }) }
}

function buttonOf(own: Json): Content {
  const payload = textAt(own, 'buttonId')
  return { type: 'button', text: textAt(own, 'message') ?? '', ...defined({ payload }) }
}

/** `title` is what was picked, `message` its description. */
function listReplyOf(own: Json): Content {
  const payload = textAt(own, 'selectedRowId')
  const text = textAt(own, 'title') ?? textAt(own, 'message') ?? ''
  return { type: 'list', text, ...defined({ payload }) }
}

/** What was ordered as a person would say it: `2 × shampoo, 1 × brush`. */
function orderOf(own: Json): Content {
  const items = listAt(own, 'products')
    .slice(0, 100)
    .map((item) => `${numberAt(item, 'quantity') ?? 1} × ${textAt(item, 'name') ?? '?'}`)
  const text = [textAt(own, 'message'), items.join(', ')].filter((part) => part).join('\n')
  return { type: 'order', text }
}
