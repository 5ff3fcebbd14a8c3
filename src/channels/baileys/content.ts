/**
 * What a WhatsApp message says, by its kind, as Baileys and all that is built on it write it.
 *
 * A file's own address (`mmg.whatsapp.net`) is encrypted and leads nowhere, so it is left out; bytes
 * and addresses that a bridge put beside the content are taken. Pure.
 */
import type { Contact, GeoPoint, MessageType } from '../../message.ts'
import { defined, firstTextOf, type Json, listAt, numberAt, objectAt, textAt } from '../read.ts'
import type { ToldMedia, ToldMessage } from '../told.ts'
import { contactOf } from '../whatsapp/vcard.ts'
import { type Opened, openMessage } from './unwrap.ts'

export type Content = Pick<ToldMessage, 'type' | 'text'> &
  Partial<Pick<ToldMessage, 'media' | 'payload' | 'location' | 'contacts'>>

const MAX_CARDS = 100

const UNSUPPORTED: Content = { type: 'unsupported', text: '' }

const chat = (text: string | undefined): Content => ({ type: 'chat', text: text ?? '' })

const chosen =
  (type: 'button' | 'list', texts: readonly string[], ...payload: readonly string[]) =>
  (own: Json): Content => ({
    type,
    text: firstTextOf(own, texts) ?? '',
    ...defined({ payload: textAt(own, ...payload) }),
  })

const file =
  (type: MessageType) =>
  (own: Json): Content => ({
    type,
    text: textAt(own, 'caption') ?? '',
    media: defined({
      mimeType: textAt(own, 'mimetype'),
      fileName: textAt(own, 'fileName') ?? textAt(own, 'title'),
    }),
  })

const READERS: ReadonlyMap<string, (own: Json) => Content> = new Map([
  ['extendedTextMessage', (own: Json) => chat(textAt(own, 'text'))],
  ['imageMessage', file('image')],
  ['videoMessage', file('video')],
  ['ptvMessage', file('video')],
  ['audioMessage', (own: Json) => file(own.ptt === true ? 'voice' : 'audio')(own)],
  ['documentMessage', file('document')],
  ['stickerMessage', file('sticker')],
  ['locationMessage', place],
  ['liveLocationMessage', place],
  ['contactMessage', (own: Json) => cards([own])],
  ['contactsArrayMessage', (own: Json) => cards(listAt(own, 'contacts').slice(0, MAX_CARDS))],
  ['buttonsResponseMessage', chosen('button', ['selectedDisplayText'], 'selectedButtonId')],
  ['templateButtonReplyMessage', chosen('button', ['selectedDisplayText'], 'selectedId')],
  [
    'listResponseMessage',
    chosen('list', ['title', 'description'], 'singleSelectReply', 'selectedRowId'),
  ],
  ['interactiveResponseMessage', interactiveResponse],
  // A question that is put to us, so it counts as something said.
  ['pollCreationMessage', (own: Json) => chat(textAt(own, 'name'))],
  [
    'orderMessage',
    (own: Json) => ({ type: 'order', text: firstTextOf(own, ['message', 'orderTitle']) ?? '' }),
  ],
  // What businesses write; people quote it.
  ['buttonsMessage', (own: Json) => chat(firstTextOf(own, ['contentText', 'text']))],
  ['listMessage', (own: Json) => chat(firstTextOf(own, ['description', 'title']))],
  ['interactiveMessage', (own: Json) => chat(textAt(own, 'body', 'text'))],
  ['templateMessage', templateText],
])

/** What nobody knows is kept as unsupported. `around`: the message as it came, with what a bridge put beside. */
export function contentOf({ kind, content, holder }: Opened, around: unknown = holder): Content {
  if (kind === 'conversation') return chat(typeof content === 'string' ? content : '')
  const own = objectAt(content)
  // Versions of a kind say the same: pollCreationMessageV3.
  const read = READERS.get(kind) ?? READERS.get(kind.replace(/V\d+$/, ''))
  if (own === undefined || read === undefined) return UNSUPPORTED
  const said = read(own)
  return said.media === undefined ? said : withFile(said, said.media, [objectAt(around), holder])
}

/** The words of a message that is quoted; '' when it has none. */
export function wordsOf(message: unknown): string {
  const opened = openMessage(message)
  return opened === null ? '' : contentOf(opened).text
}

function withFile(said: Content, media: ToldMedia, beside: readonly (Json | undefined)[]): Content {
  const found = (name: string) => beside.map((of) => textAt(of, name)).find((text) => text)
  const heard = found('speechToText')?.replace(/^\[audio\]\s*/i, '')
  const isSpoken = said.type === 'voice' || said.type === 'audio'
  return {
    ...said,
    text: said.text === '' && isSpoken ? (heard ?? '') : said.text,
    media: {
      ...media,
      ...defined({ base64: bytesIn(found('base64')), url: openAddress(found('mediaUrl')) }),
    },
  }
}

/** Some put it as a data URL. */
function bytesIn(base64: string | undefined): string | undefined {
  if (base64?.startsWith('data:') !== true) return base64
  return base64.slice(base64.indexOf(',') + 1) || undefined
}

function openAddress(url: string | undefined): string | undefined {
  const host = url === undefined ? undefined : URL.parse(url)?.hostname
  return host === undefined || host.endsWith('.whatsapp.net') ? undefined : url
}

function place(own: Json): Content {
  const latitude = numberAt(own, 'degreesLatitude')
  const longitude = numberAt(own, 'degreesLongitude')
  const text = firstTextOf(own, ['caption', 'comment']) ?? ''
  if (latitude === undefined || longitude === undefined) return { type: 'unsupported', text }
  const words = defined({ name: textAt(own, 'name'), address: textAt(own, 'address') })
  const location: GeoPoint = { latitude, longitude, ...words }
  return { type: 'location', text, location }
}

function cards(given: readonly unknown[]): Content {
  return { type: 'contact', text: '', contacts: given.map(cardOf) }
}

function cardOf(card: unknown): Contact {
  const read = contactOf(textAt(card, 'vcard') ?? '')
  return { ...read, name: textAt(card, 'displayName') ?? read.name }
}

/** An answer to a form, or one of our buttons; what it stands for is JSON of the form. */
function interactiveResponse(own: Json): Content {
  const reply = objectAt(own, 'nativeFlowResponseMessage')
  return {
    type: textAt(reply, 'name') === 'quick_reply' ? 'button' : 'list',
    text: textAt(own, 'body', 'text') ?? '',
    ...defined({ payload: textAt(reply, 'paramsJson') }),
  }
}

function templateText(own: Json): Content {
  const template = objectAt(own, 'hydratedTemplate') ?? objectAt(own, 'hydratedFourRowTemplate')
  return chat(
    textAt(template, 'hydratedContentText') ??
      textAt(own, 'interactiveMessageTemplate', 'body', 'text'),
  )
}
