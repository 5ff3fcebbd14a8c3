/**
 * One message of a turn as a line of JSON: when, who in a group, what, the words, what it quotes,
 * and where its file is. JSON, because no text can end it from inside.
 */
import type { Media, Message } from '../../message.ts'
import { isTime, time } from './prompt-time.ts'

export interface PartContext {
  readonly timeZone: string
  /** Which person of a group, counted from 1 within the turn; a number tells nobody's phone. */
  readonly number: number
  /** The file itself stands behind the line. */
  readonly attached: boolean
}

/** Plain text of one person, which needs no form. */
export const isPlain = (message: Message): boolean =>
  message.type === 'chat' &&
  !message.quoted &&
  !message.media &&
  !message.referral &&
  message.sender === undefined

export function partOf(message: Message, { timeZone, number, attached }: PartContext): string {
  const { name, sender, type, text, quoted, media, payload, location, contacts, referral } = message
  const at = message.sentAt ?? message.receivedAt
  return JSON.stringify({
    time: isTime(at) ? time(at, timeZone) : undefined,
    person: sender === undefined ? undefined : number,
    name: name?.toWellFormed(),
    type,
    text: text === '' ? undefined : text.toWellFormed(),
    quotes: quoted ? quoted.toWellFormed() : undefined,
    choice: payload,
    location,
    contacts,
    came_by: referral?.headline ?? referral?.sourceUrl,
    file: media ? referenceTo(media) : undefined,
    attached: attached ? true : undefined,
  })
}

const MAX_URL_LENGTH = 2048

/** Name, type and address; bytes inside an address (`data:`) and a password before a host are not told. */
function referenceTo({ url, mimeType, fileName }: Media): Record<string, string | undefined> {
  return { name: fileName?.toWellFormed(), type: mimeType?.toWellFormed(), url: addressOf(url) }
}

function addressOf(given: string | undefined): string | undefined {
  const url = given === undefined ? null : URL.parse(given)
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  url.username = ''
  url.password = ''
  return url.href.length > MAX_URL_LENGTH ? undefined : url.href
}
