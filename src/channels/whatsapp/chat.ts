/**
 * Who talks with whom in the objects of WhatsApp Web, which several bridges hand on: addresses as text
 * or as `{user, server, _serialized}`, ids as `false_<chat>_<HEX>[_<participant>]`. Pure.
 */
import { PEER_PATTERN } from '../../conversation-key.ts'
import { jidText, pairOf, readJid } from '../jid.ts'
import { at, idAt, textAt } from '../read.ts'

export interface Chat {
  readonly kind: 'person' | 'group' | 'status' | 'broadcast'
  readonly peer: string
  /** As it came in. */
  readonly address: string
}

/** Null where nobody could be answered at it, and nothing be filed under it. */
export function chatOf(given: unknown): Chat | null {
  const address = addressOf(given)
  const jid = readJid(address)
  if (address === null || jid.kind === 'unknown' || !PEER_PATTERN.test(jid.peer)) return null
  return { kind: jid.kind, peer: jid.peer, address }
}

export function addressOf(given: unknown): string | null {
  if (Number.isSafeInteger(given)) return String(given)
  const user = textAt(given, 'user')
  const server = textAt(given, 'server')
  const parts = user !== undefined && server !== undefined ? jidText(`${user}@${server}`) : null
  return jidText(given) ?? parts
}

/** WhatsApp's own account, which nobody answers. */
export function isService(given: unknown): boolean {
  const address = addressOf(given)
  return address !== null && /^0(?:@(?:c\.us|s\.whatsapp\.net))?$/.test(address)
}

/** A person's peer; undefined for anything else. */
export function peerOf(given: unknown): string | undefined {
  const chat = chatOf(given)
  return chat?.kind === 'person' ? chat.peer : undefined
}

/** Id of a message as text, also of one that came as an object. */
export function keyText(given: unknown): string | null {
  const whole = idAt(given)
  if (whole !== null) return whole
  const serialized = textAt(given, '_serialized')
  if (serialized !== undefined) return serialized
  const id = idAt(given, 'id')
  const chat = addressOf(at(given, 'remote'))
  return id === null || chat === null ? id : `${at(given, 'fromMe') === true}_${chat}_${id}`
}

export interface Key {
  readonly isOurs: boolean
  readonly chat: string
  readonly participant: string | undefined
}

/** What an id of this form says by itself; null for any other, such as a bare `3EB0…`. */
export function readKey(id: string | null): Key | null {
  const [, ours, chat, participant] = /^(true|false)_([^_]+)_[^_]+(?:_(.+))?$/.exec(id ?? '') ?? []
  return chat === undefined ? null : { isOurs: ours === 'true', chat, participant }
}

export interface OwnPlace {
  readonly from: unknown
  readonly to: unknown
  readonly id: string | null
  /** Peers that we are. */
  readonly us: readonly (string | undefined)[]
}

/** Whom a message of ours was written to: some engines name the chat in `from`, others us. */
export function chatOfOwn({ from, to, id, us }: OwnPlace): Chat | null {
  const first = chatOf(from)
  const second = chatOf(to)
  const named = chatOf(readKey(id)?.chat)
  const isFromUs = first !== null && us.includes(first.peer)
  if (second !== null && (first === null || isFromUs || second.peer === named?.peer)) return second
  return first !== null && !isFromUs ? first : (named ?? first)
}

/**
 * A person with both of their addresses. Only a phone beside an `…@lid` is a second address: two
 * phones are two people, and taking them for one would show one's words to the other.
 */
export function withAlias(
  chat: Chat,
  other: unknown,
): { readonly peer: string; readonly address: string; readonly aliases?: readonly string[] } {
  const { peer, address } = chat
  const second = peerOf(other)
  const isPair =
    chat.kind === 'person' &&
    second !== undefined &&
    peer.endsWith('@lid') !== second.endsWith('@lid')
  const pair = isPair ? pairOf(peer, second) : null
  return pair === null ? { peer, address } : { address, ...pair }
}

/** Whether we are meant: by a mention in the list, or by our number (or LID) after an @ in the text. */
export function isMentioned(
  mentions: readonly unknown[],
  text: string,
  us: readonly (string | undefined)[],
): boolean {
  const ours = us.filter((peer) => peer !== undefined)
  if (mentions.some((one) => ours.includes(peerOf(one) ?? ''))) return true
  return ours.some((peer) => new RegExp(`@${peer.replace(/\D/g, '')}(?!\\d)`).test(text))
}

/** An address as the servers of WhatsApp Web take it: `@s.whatsapp.net` is `@c.us` there. */
export function chatIdOf(address: string): string {
  const peer = peerOf(address)
  if (peer === undefined) return address
  return peer.endsWith('@lid') ? peer : `${peer}@c.us`
}
