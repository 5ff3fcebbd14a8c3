/**
 * One message as Baileys hands it over (`messages.upsert`), also inside of Evolution's calls.
 *
 *   {key, messageTimestamp, pushName, message} → message | edit | revoke | own | ignored
 *
 * Everything that happens in a chat comes this way: edits, deletions, reactions and votes too. What
 * could not be decrypted comes as an empty message, and the real one follows under the same id. Pure.
 */
import { readJid } from '../jid.ts'
import { at, defined, idAt, objectAt, textAt } from '../read.ts'
import type { IgnoredReason, Told, ToldMessage, ToldPlace } from '../told.ts'
import { type Content, contentOf } from './content.ts'
import { contextOf, namesUs, quotedOf, referralOf } from './context.ts'
import { type Caller, isOwnKey, type Place, placeOf } from './key.ts'
import { type Opened, openMessage } from './unwrap.ts'

export const NO_KEY = {
  kind: 'malformed',
  field: 'key.remoteJid',
  allowed: 'the address of a chat, for example 79001234567@s.whatsapp.net',
} as const satisfies Told

/** Says nothing to anybody: votes, pins, calls, and the cover under which an album's files follow. */
const NOTHING_SAID: ReadonlyMap<string, IgnoredReason> = new Map([
  ['pollUpdateMessage', 'event'],
  ['pinInChatMessage', 'event'],
  ['keepInChatMessage', 'event'],
  ['albumMessage', 'event'],
  ['encEventResponseMessage', 'event'],
  ['secretEncryptedMessage', 'undecrypted'],
  ['placeholderMessage', 'undecrypted'],
])

/** `original`: the call with this message alone, where it is wanted. */
export function messageTold(item: unknown, caller: Caller, original: unknown = undefined): Told {
  const key = objectAt(item, 'key')
  const placed = placeOf(key, caller, at(item, 'participant'))
  if (placed === null) return NO_KEY
  const isOwn = isOwnKey(key)
  const head: Head = {
    ...placed.place,
    id: idAt(key, 'id'),
    time: at(item, 'messageTimestamp'),
    ...(!isOwn && defined({ name: textAt(item, 'pushName') })),
  }
  const opened = openMessage(at(item, 'message'))
  const stub = at(item, 'messageStubType')
  if (opened === null || isUndecrypted(stub)) {
    return { kind: 'ignored', reason: emptyReason(item, stub), ...head }
  }
  const told = toldIn(item, opened, head, placed, caller)
  if (placed.kind !== 'person' && placed.kind !== 'group') {
    return { kind: 'ignored', reason: placed.kind, ...told }
  }
  const { kind, content } = opened
  if (kind === 'protocolMessage') {
    return changeTold(content, head, { isOwn, ours: caller.ours, original })
  }
  if (kind === 'reactionMessage' || kind === 'encReactionMessage') {
    const reaction = { ...told, type: 'reaction', text: textAt(content, 'text') ?? '' } as const
    return isOwn
      ? { kind: 'own', isReaction: true, ...reaction }
      : { kind: 'ignored', reason: 'reaction', ...reaction }
  }
  const reason = NOTHING_SAID.get(kind)
  if (reason !== undefined) return { kind: 'ignored', reason, ...told }
  if (isOwn) return { kind: 'own', isReaction: false, ...told }
  // They wrote it to a list, so it expects no answer.
  if (at(item, 'broadcast') === true) return { kind: 'ignored', reason: 'broadcast', ...told }
  return { kind: 'message', ...told, ...defined({ original }) }
}

/** What any message has, whatever it says. */
export type Head = ToldPlace & Pick<ToldMessage, 'id' | 'time'> & { readonly name?: string }

function toldIn(
  item: unknown,
  opened: Opened,
  head: Head,
  { kind }: Place,
  { ours }: Caller,
): ToldMessage {
  const context = contextOf(opened, item)
  const content = withBytes(contentOf(opened, at(item, 'message')), item)
  return {
    ...head,
    ...(kind === 'group' && !isOwnKey(at(item, 'key')) && { mentioned: namesUs(context, ours) }),
    ...content,
    ...defined({ quoted: quotedOf(context), referral: referralOf(context) }),
  }
}

/** Some bridges put the bytes beside the message, not into it. */
function withBytes(content: Content, item: unknown): Content {
  const { media } = content
  const base64 = textAt(item, 'base64')
  if (media === undefined || media.base64 !== undefined || base64 === undefined) return content
  return { ...content, media: { ...media, base64 } }
}

/** 2 = CIPHERTEXT. */
const isUndecrypted = (stub: unknown): boolean => ['2', 'CIPHERTEXT'].includes(idAt(stub) ?? '')

/** Without a message: one that is yet to come, a note of the chat (who joined, who called), or keys alone. */
function emptyReason(item: unknown, stub: unknown): IgnoredReason {
  if (isUndecrypted(stub)) return 'undecrypted'
  const message = objectAt(item, 'message')
  const isEmpty = message === undefined || Object.keys(message).length === 0
  return isEmpty && (stub === undefined || stub === null || stub === 0) ? 'undecrypted' : 'system'
}

// A bridge may write a number as text.
const isEdit = (type: unknown): boolean => ['14', 'MESSAGE_EDIT'].includes(idAt(type) ?? '')
const isRevoke = (type: unknown): boolean => ['0', 'REVOKE'].includes(idAt(type) ?? '')

/** The message around a change. */
export interface Around {
  /** Whether we wrote it, as its own key says. */
  readonly isOwn: boolean
  readonly ours: Caller['ours']
  readonly original: unknown
}

/**
 * A protocol message that changes an earlier one. Its key is written from the sender's point of view,
 * so `fromMe` in it says nothing to us.
 */
export function changeTold(change: unknown, head: Head, around: Around): Told {
  const of = idAt(change, 'key', 'id')
  const type = at(change, 'type')
  if (around.isOwn || of === null) return { kind: 'ignored', reason: 'event', ...head }
  if (isRevoke(type)) return revokeTold(of, head)
  if (isEdit(type)) return editTold(of, at(change, 'editedMessage'), head, around)
  return { kind: 'ignored', reason: 'event', ...head }
}

export function revokeTold(of: string, { name: _, ...head }: Head): Told {
  return { kind: 'revoke', of, ...head }
}

/** `message`: what it says now. */
export function editTold(
  of: string,
  message: unknown,
  head: Head,
  { ours, original }: Pick<Around, 'ours' | 'original'>,
): Told {
  const opened = openMessage(message)
  if (opened === null) return { kind: 'ignored', reason: 'event', ...head }
  const context = contextOf(opened, undefined)
  return {
    kind: 'edit',
    of,
    ...head,
    ...(readJid(head.address).kind === 'group' && { mentioned: namesUs(context, ours) }),
    ...contentOf(opened, message),
    ...defined({ quoted: quotedOf(context), original }),
  }
}
