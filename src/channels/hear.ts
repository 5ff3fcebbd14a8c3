/**
 * What a provider told, as a message of ours. Pure: time, tenant and ids come in as arguments.
 *
 * In a group each writer has a conversation of their own, `<group>_<writer>`, whose answers go to the
 * group. NUL and lone surrogates in texts become U+FFFD here, since stores would treat them differently.
 */
import { createHash } from 'node:crypto'
import { DEFAULT_CHANNEL, PEER_PATTERN } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { Conversation, Media, Message } from '../message.ts'
import { pastTime, readTime } from '../message-time.ts'
import type { OwnMessage } from '../takeover/own-message.ts'
import { defined } from './read.ts'
import type { Told, ToldMedia, ToldMessage, ToldPlace } from './told.ts'

export interface Hearing {
  readonly tenant: string
  /** Id of the provider. */
  readonly provider: string
  readonly nowMs: number
  /** The place of its call in a trace; null when traces are off. */
  readonly trace?: string | null
  /** Id for a message that has none, by its position in the call. */
  readonly makeId: (index: number, isTimed: boolean) => string
}

const MAX_NAME_CHARACTERS = 256
const MAX_TEXT_CHARACTERS = 65_536
const MAX_ID_BYTES = 256

/** Conversations of a Venom bridge are those of our own format. */
export function channelOf(provider: string): string {
  return provider === 'venom' ? DEFAULT_CHANNEL : provider
}

/** Throws RapidFireError `invalid_phone` where nothing can be kept under such an address. */
export function conversationOf(
  { peer, author }: Pick<ToldPlace, 'peer' | 'author'>,
  { tenant, provider }: Pick<Hearing, 'tenant' | 'provider'>,
): Conversation {
  const whole = author === undefined ? peer : `${peer}_${author}`
  if (!PEER_PATTERN.test(whole)) {
    throw new RapidFireError('invalid_phone', 'an address has letters, digits and . _ @ + - only')
  }
  return { tenant, channel: channelOf(provider), peer: whole }
}

/** `index`: its position in the call. `file`: the name under which its bytes are kept. */
export function messageFrom(
  told: ToldMessage,
  index: number,
  hearing: Hearing,
  file: string | null = null,
): Message {
  const time = readTime(told.time ?? undefined, hearing.nowMs)
  const media = mediaFrom(told.media, file)
  const { quoted, payload, location, contacts, referral, original, author, aliases } = told
  return {
    conversation: conversationOf(told, hearing),
    id: idFrom(told.id) ?? hearing.makeId(index, time.sentAt !== null),
    address: told.address,
    type: told.type,
    text: clean(told.text).slice(0, MAX_TEXT_CHARACTERS).toWellFormed(),
    sentAt: time.sentAt,
    sentAtExact: time.exact,
    receivedAt: hearing.nowMs,
    ...(time.original !== undefined && { originalTimestamp: time.original }),
    ...(told.name !== undefined && { name: nameFrom(told.name) }),
    ...(author !== undefined && { sender: author }),
    ...(aliases !== undefined && aliases.length > 0 && author === undefined && { aliases }),
    ...defined({
      media,
      quoted: quoted?.text === undefined ? undefined : clean(quoted.text),
      quotedId: quoted?.id,
      payload,
      location,
      contacts,
      referral,
      original,
      trace: hearing.trace ?? undefined,
    }),
  }
}

export function ownFrom(
  told: Extract<Told, { kind: 'own' }>,
  index: number,
  hearing: Hearing,
): OwnMessage {
  const { ms, exact } = pastTime(told.time ?? undefined, hearing.nowMs)
  return {
    conversation: conversationOf(told, hearing),
    id: idFrom(told.id) ?? hearing.makeId(index, ms !== null),
    text: told.text === '' ? `[${told.type}]` : clean(told.text),
    isReaction: told.isReaction,
    sentAt: ms,
    sentAtExact: exact,
  }
}

/** Longer than what is kept: as good as the whole, since it is made of the whole. */
function idFrom(id: string | null): string | null {
  if (id === null || id.trim() === '') return null
  if (id.isWellFormed() && Buffer.byteLength(id) <= MAX_ID_BYTES) return id
  return `rf-${createHash('sha256').update(id).digest('base64url').slice(0, 22)}`
}

function mediaFrom(media: ToldMedia | undefined, file: string | null): Media | undefined {
  if (media === undefined) return undefined
  const { base64: _, url, ...rest } = media
  return {
    ...rest,
    ...(url !== undefined && isWeb(url) && { url }),
    ...(file !== null && { file }),
  }
}

function isWeb(address: string): boolean {
  const url = address.length > 2048 ? null : URL.parse(address)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return url.username === '' && url.password === ''
}

const nameFrom = (name: string): string => clean(name).slice(0, MAX_NAME_CHARACTERS).toWellFormed()

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
